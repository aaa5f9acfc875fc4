// Package clientnet tells the networks that requests come from, so that limits per client
// apply to what one client has at least. Internal to this project.
package clientnet

import (
	"iter"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Of returns the network of a client with an address and port: an IPv4 address, or the 64
// bits of an IPv6 address that one customer of a provider has at least. It is the zero
// prefix for what is no address.
func Of(addrPort string) netip.Prefix {
	from, err := netip.ParseAddrPort(addrPort)
	if err != nil {
		return netip.Prefix{}
	}
	return network(from.Addr())
}

// OfRequest returns the network of the client that sent a request. If the connection comes
// from a trusted proxy, that is the last address in X-Forwarded-For that is no trusted
// proxy's. Each proxy appends the address of its own client, so anybody else can write only
// in front of that. Without such an address, it is the network of the
// proxy that is the furthest away.
func OfRequest(r *http.Request, trusted []netip.Prefix) netip.Prefix {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	client := from.Addr()
	for hop := range hops(r.Header.Values("X-Forwarded-For")) {
		if !contains(trusted, client) {
			break
		}
		address, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			break
		}
		client = address
	}
	return network(client)
}

// hops returns the elements of a header, the last one first. Few are looked at, but
// anybody can send thousands, so they are not all cut out.
func hops(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			for comma := len(line); comma >= 0; {
				line = line[:comma]
				comma = strings.LastIndexByte(line, ',')
				if !yield(line[comma+1:]) {
					return
				}
			}
		}
	}
}

// parseHop parses an element of X-Forwarded-For. Some proxies add the port.
func parseHop(hop string) (netip.Addr, bool) {
	if address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]")); err == nil {
		return address, true
	}
	addrPort, err := netip.ParseAddrPort(hop)
	return addrPort.Addr(), err == nil
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
}

func network(address netip.Addr) netip.Prefix {
	address, bits := address.Unmap().WithZone(""), 64
	if address.Is4() {
		bits = 32
	}
	prefix, _ := address.Prefix(bits) // bits fit the address
	return prefix
}
