package seal

import "encoding/binary"

// Place is where a ciphertext belongs: a table, the parts of the row's key, a column.
// It is authenticated together with the ciphertext, but not stored with it.
type Place []string

// bytes returns an unambiguous encoding: the length of each part precedes it, so no
// two places have the same bytes.
func (p Place) bytes() []byte {
	var b []byte
	for _, part := range p {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
