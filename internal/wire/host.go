package wire

import (
	"net/netip"
	"strings"
)

// IsLoopback reports whether host, without a port, names this machine in a
// spelling that needs no resolver: localhost in any case and with one trailing
// dot, 127.0.0.0/8, ::1 and their IPv4-mapped forms, with or without brackets or
// a zone.
//
// Not loopback, although a connection may end up on this machine: the
// unspecified addresses 0.0.0.0 and ::, which are for listeners; names under
// .localhost and in the hosts file, and the old spellings of IPv4 addresses
// (127.1, 0x7f000001, 2130706433), which a resolver decides about; this
// machine's other addresses.
func IsLoopback(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return false
		}
	}
	if strings.ToLower(strings.TrimSuffix(host, ".")) == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
