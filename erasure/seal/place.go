package seal

import "encoding/binary"

// Place names where a ciphertext belongs: a table, the parts of the row's key,
// a column. It is authenticated with the ciphertext and stored nowhere.
type Place []string

// bytes is injective: each part is preceded by its length, so that no two places
// have the same encoding, whatever their parts contain.
func (p Place) bytes() []byte {
	var b []byte
	for _, part := range p {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
