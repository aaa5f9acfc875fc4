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
	// partitions is how many parts the ids are sorted into by their digest. One
	// part at a time is looked at in memory: of ten million ids, 40,000.
	partitions = 256
	// blockLen is how many ids of one part are written to the file together.
	blockLen = 128
	markSize = 16 + 8
)

// duplicates finds the records whose id an earlier record has. It keeps what it
// is told in a file, sorted into parts of which equal ids share one, and
// looks at them part by part: that takes the same memory for ten ids as for
// ten million.
//
// Ids are told apart by 128 bits of their SHA-256: that two of ten million
// share them is less likely than one in 10^24, and a customer who is taken for
// another's duplicate would not be erased.
type duplicates struct {
	open   [partitions][]byte // the block of each part that is not full yet
	blocks []byte             // which part each block in the file belongs to
	file   *os.File           // nil until a block is full
	scrap  func()             // removes the file
}

// add tells of a record, in the order of the input.
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
		if d.file, d.scrap, err = scratchFile("yuno-erasure-ids-"); err != nil {
			return fmt.Errorf("finding duplicates: %w", err)
		}
	}
	if _, err := d.file.Write(block); err != nil {
		return fmt.Errorf("finding duplicates, in %s: %w", d.file.Name(), err)
	}
	d.blocks = append(d.blocks, part)
	return nil
}

// find calls yield with every record whose id an earlier one has.
func (d *duplicates) find(ctx context.Context, yield func(n int)) error {
	known := map[[16]byte]struct{}{}
	look := func(block []byte) {
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
			look(buf)
		}
		look(d.open[part])
	}
	return nil
}

func (d *duplicates) close() {
	if d.file != nil {
		_ = d.file.Close()
		d.scrap()
	}
}

// scratchFile returns a file of no name, where the system allows that: it is gone
// when the program is, however that ends.
func scratchFile(prefix string) (file *os.File, remove func(), err error) {
	if file, err = os.CreateTemp("", prefix); err != nil {
		return nil, nil, err
	}
	if os.Remove(file.Name()) == nil {
		return file, func() {}, nil
	}
	return file, func() { _ = os.Remove(file.Name()) }, nil
}
