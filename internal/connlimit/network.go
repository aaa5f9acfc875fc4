package connlimit

import "net/netip"

// NetworkOf returns the network of a client with an address and port: an IPv4 address, or
// the 64 bits of an IPv6 address that one customer of a provider has at least. It is the
// zero prefix for what is no address.
func NetworkOf(addrPort string) netip.Prefix {
	from, err := netip.ParseAddrPort(addrPort)
	if err != nil {
		return netip.Prefix{}
	}
	address, bits := from.Addr().Unmap().WithZone(""), 64
	if address.Is4() {
		bits = 32
	}
	prefix, _ := address.Prefix(bits) // bits fit the address
	return prefix
}
