// Package wire knows the forms of what goes over the wire, for the packages of this
// module that check or make the same. It imports nothing of this module.
package wire

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"strings"
)

// Redacted is what credentials print instead of themselves.
const Redacted = "[redacted]"

// IsUUID reports whether s is a UUID in its 36-character form, in either case and
// of any version. Parsers that also take urn:uuid:, braces or no hyphens accept
// more than the contract.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			isHex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
			if !isHex {
				return false
			}
		}
	}
	return true
}

// NewUUID returns a random UUID (RFC 9562, version 4).
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// IsCredential reports whether s can be sent as the value of a header, whole and
// alone: visible ASCII, at least one character. A key read from a file often ends
// in a line break, which net/http finds at the first request and a proxy perhaps
// never.
func IsCredential(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// IsLoopback reports whether a host, without a port, is this machine by its name
// or number. It asks no resolver.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
