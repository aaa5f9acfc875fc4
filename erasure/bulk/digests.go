package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

const (
	// partitions is how many parts the ids are sorted into by their digest. One part at
	// a time is searched in memory: 40,000 of ten million ids.
	partitions = 256
	// blockLen is how many ids of one part are written to the file together. A block of
	// each part is in memory.
	blockLen = 64
	markSize = len(digest{}) + 4 + 4 // digest, record number and line, in bytes
)

// digest stands for an id: 128 bits of its SHA-256. A customer who is mistaken for another
// one would not be erased; that any two of ten million ids share these bits has a
// probability below 10^-24.
type digest [16]byte

func digestOf(id string) digest {
	sum := sha256.Sum256([]byte(id))
	return digest(sum[:])
}

// place is where a list has an id: the number of the record, below [maxRecords], and its
// line.
type place struct{ n, line int }

func (p place) appendTo(b []byte) []byte {
	if p.line > math.MaxUint32 {
		p.line = 0 // unknown
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(p.n))
	return binary.LittleEndian.AppendUint32(b, uint32(p.line))
}

func placeOf(b []byte) place {
	return place{int(binary.LittleEndian.Uint32(b)), int(binary.LittleEndian.Uint32(b[4:]))}
}

// digests are the digests of many ids, with the records that have them. It sorts them into
// parts, so that equal ids share a part, and keeps the parts in a file. Equal ids are
// looked for in one part at a time, so the memory hardly depends on the number of ids.
type digests struct {
	open   [partitions][]byte // the block of each part that is not full yet
	blocks []byte             // the part that each block in the file belongs to
	file   *os.File           // nil until a block is full
	remove func()             // removes the file
}

// add adds the digest of a record's id.
func (d *digests) add(sum digest, at place) error {
	part := sum[0]
	if d.open[part] == nil {
		d.open[part] = make([]byte, 0, blockLen*markSize)
	}
	block := at.appendTo(append(d.open[part], sum[:]...))
	if len(block) == blockLen*markSize {
		if err := d.spill(part, block); err != nil {
			return err
		}
		block = block[:0]
	}
	d.open[part] = block
	return nil
}

func (d *digests) spill(part byte, block []byte) (err error) {
	if d.file == nil {
		if d.file, d.remove, err = journalfile.ScratchFile("yuno-erasure-ids-"); err != nil {
			return fmt.Errorf("comparing ids: %w", err)
		}
	}
	if _, err := d.file.Write(block); err != nil {
		return fmt.Errorf("comparing ids, in %s: %w", d.file.Name(), err)
	}
	d.blocks = append(d.blocks, part)
	return nil
}

// each calls yield with the digests of one part, in the order in which they were added.
func (d *digests) each(part int, yield func(sum digest, at place) error) error {
	search := func(block []byte) error {
		for ; len(block) > 0; block = block[markSize:] {
			if err := yield(digest(block), placeOf(block[len(digest{}):])); err != nil {
				return err
			}
		}
		return nil
	}
	buf := make([]byte, blockLen*markSize)
	for i, p := range d.blocks {
		if int(p) != part {
			continue
		}
		if _, err := d.file.ReadAt(buf, int64(i*len(buf))); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("comparing ids: %w", err)
		}
		if err := search(buf); err != nil {
			return err
		}
	}
	return search(d.open[part])
}

// duplicates calls yield with the number of every record whose id an earlier record has,
// if the records were added in their order.
func (d *digests) duplicates(ctx context.Context, yield func(n int)) error {
	known := map[digest]struct{}{}
	for part := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(known)
		err := d.each(part, func(sum digest, at place) error {
			if _, ok := known[sum]; ok {
				yield(at.n)
			}
			known[sum] = struct{}{}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// close forgets all digests and removes the file.
func (d *digests) close() {
	if d.file != nil {
		_ = d.file.Close()
		d.remove()
	}
	*d = digests{}
}
