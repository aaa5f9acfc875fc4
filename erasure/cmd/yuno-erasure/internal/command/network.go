package command

import (
	"errors"
	"net/netip"
)

// Network is a network as a flag, such as 10.0.0.0/8, or one address.
type Network netip.Prefix

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *Network) UnmarshalText(text []byte) error {
	if address, err := netip.ParseAddr(string(text)); err == nil {
		address = address.Unmap().WithZone("")
		*n = Network(netip.PrefixFrom(address, address.BitLen()))
		return nil
	}
	prefix, err := netip.ParsePrefix(string(text))
	if err != nil || prefix.Addr().Is4In6() {
		return errors.New("want a network such as 10.0.0.0/8, or an address")
	}
	if prefix != prefix.Masked() {
		return errors.New("want the network's own address in front of the slash: " + prefix.Masked().String())
	}
	*n = Network(prefix)
	return nil
}

// Prefixes returns the networks as prefixes.
func Prefixes(networks []Network) (prefixes []netip.Prefix) {
	for _, n := range networks {
		prefixes = append(prefixes, netip.Prefix(n))
	}
	return prefixes
}
