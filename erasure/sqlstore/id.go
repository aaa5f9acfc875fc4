package sqlstore

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"
)

// newID returns a UUID of version 7 (RFC 9562, section 5.7). Ids sort by their time, so
// new rows go to the end of an index and a list by id is a list by age. 74 random bits
// make an id unguessable.
func newID(at time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[6:])
	ms := at.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = 0x70 | b[6]&0x0f // version 7
	b[8] = 0x80 | b[8]&0x3f // variant

	var text [36]byte
	hex.Encode(text[0:], b[0:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// storable reports whether the database can contain all of the texts. For other texts
// PostgreSQL returns an error, although the right result is that no such row exists.
func storable(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return false
		}
	}
	return true
}
