package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// partitions is how many parts the ids are sorted into by their digest. One part at
	// a time is searched in memory: 40,000 of ten million ids.
	partitions = 256
	// blockLen is how many ids of one part are written to the file together.
	blockLen = 128
	markSize = 16 + 8 // digest and record number, in bytes
)

// duplicates finds the records whose id an earlier record has. It sorts the ids into
// parts by their digest, so that equal ids share a part, keeps the parts in a file, and
// searches one part at a time. The memory hardly depends on the number of ids.
//
// It compares 128 bits of the SHA-256 of the ids. A customer who is mistaken for a
// duplicate would not be erased; that any two of ten million ids share these bits has a
// probability below 10^-24.
type duplicates struct {
	open   [partitions][]byte // the block of each part that is not full yet
	blocks []byte             // the part that each block in the file belongs to
	file   *os.File           // nil until a block is full
	remove func()             // removes the file
}

// add adds a record. Records are added in the order of the list.
func (d *duplicates) add(n int, id string) error {
	sum := sha256.Sum256([]byte(id))
	part := sum[0]
	block := d.open[part]
	block = append(block, sum[:16]...)
	block = binary.LittleEndian.AppendUint64(block, uint64(n))
	if len(block) == blockLen*markSize {
		if err := d.spill(part, block); err != nil {
			return err
		}
		block = block[:0]
	}
	d.open[part] = block
	return nil
}

func (d *duplicates) spill(part byte, block []byte) (err error) {
	if d.file == nil {
		if d.file, d.remove, err = scratchFile("yuno-erasure-ids-"); err != nil {
			return fmt.Errorf("finding duplicates: %w", err)
		}
	}
	if _, err := d.file.Write(block); err != nil {
		return fmt.Errorf("finding duplicates, in %s: %w", d.file.Name(), err)
	}
	d.blocks = append(d.blocks, part)
	return nil
}

// find calls yield with the number of every record whose id an earlier record has.
func (d *duplicates) find(ctx context.Context, yield func(n int)) error {
	known := map[[16]byte]struct{}{}
	search := func(block []byte) {
		for ; len(block) > 0; block = block[markSize:] {
			key := [16]byte(block)
			if _, ok := known[key]; ok {
				yield(int(binary.LittleEndian.Uint64(block[16:])))
			}
			known[key] = struct{}{}
		}
	}
	buf := make([]byte, blockLen*markSize)
	for part := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(known)
		for i, p := range d.blocks {
			if int(p) != part {
				continue
			}
			if _, err := d.file.ReadAt(buf, int64(i*len(buf))); err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("finding duplicates: %w", err)
			}
			search(buf)
		}
		search(d.open[part])
	}
	return nil
}

func (d *duplicates) close() {
	if d.file != nil {
		_ = d.file.Close()
		d.remove()
	}
}

// scratchFile returns a file without a name, if the system allows that: it disappears
// with the process, however that ends. The caller calls remove after closing it.
func scratchFile(prefix string) (file *os.File, remove func(), err error) {
	if file, err = os.CreateTemp("", prefix); err != nil {
		return nil, nil, err
	}
	if os.Remove(file.Name()) == nil {
		return file, func() {}, nil
	}
	return file, func() { _ = os.Remove(file.Name()) }, nil
}
