package client

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxIDLength bounds a customer id, in bytes. Yuno documents 36 to 64
// characters for its own ids and up to 255 for a merchant's.
const maxIDLength = 255

// checkID refuses every customer id that could name another resource than one
// customer, once it stands in a path: a deletion sent to the wrong path cannot
// be taken back. Escaping would not do: proxies decode %2F and %2e%2e, and
// the dots are gone before anything after the URL builder can look. Java's servers
// cut a segment at a semicolon, so that "..;" is ".." to them.
//
// The id is not echoed: it identifies a person.
func checkID(id string) error {
	const name = "customer id"
	switch {
	case id == "":
		return invalid("%s is empty", name)
	case id == "." || id == "..":
		return invalid("%s is a dot segment", name)
	case len(id) > maxIDLength:
		return invalid("%s is longer than %d bytes", name, maxIDLength)
	case !utf8.ValidString(id):
		return invalid("%s is not valid UTF-8", name)
	case strings.TrimSpace(id) != id:
		// A server that trims it would see another id, or none.
		return invalid("%s begins or ends with white space", name)
	}
	for i, r := range id {
		if r < ' ' || r == 0x7f || r > unicode.MaxASCII && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			// Invisible, and dropped by many a server that normalizes.
			return invalid("%s holds a control, format or separator character at byte %d", name, i)
		}
		switch r {
		case '/', '\\', '%', '?', '#', ';':
			return invalid("%s holds %q at byte %d", name, r, i)
		}
	}
	return nil
}
