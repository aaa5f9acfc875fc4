package survey

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

const (
	// partitions is how many parts the ids are sorted into by their digest. One part at
	// a time is searched in memory: 40,000 of ten million ids.
	partitions = 256
	// blockLen is how many ids of one part are written to the file together.
	blockLen = 128
	markSize = 16 + 8 // digest and value, in bytes
)

// index finds equal ids. It keeps a value for each id that is added, in a temporary file
// and sorted into parts, so that equal ids share a part.
type index struct {
	open   [partitions][]byte // the block of each part that is not full yet
	blocks []byte             // the part that each block in the file belongs to
	file   *os.File           // nil until a block is full
	remove func()             // removes the file
}

// add adds a value for an id.
func (x *index) add(id string, value uint64) error {
	sum := sha256.Sum256([]byte(id))
	part := sum[0]
	block := binary.LittleEndian.AppendUint64(append(x.open[part], sum[:16]...), value)
	if len(block) == blockLen*markSize {
		if err := x.spill(part, block); err != nil {
			return err
		}
		block = block[:0]
	}
	x.open[part] = block
	return nil
}

// empty reports whether no id was added.
func (x *index) empty() bool {
	for _, block := range x.open {
		if len(block) > 0 {
			return false
		}
	}
	return len(x.blocks) == 0
}

func (x *index) spill(part byte, block []byte) (err error) {
	if x.file == nil {
		if x.file, x.remove, err = journalfile.ScratchFile("yuno-erasure-ids-"); err != nil {
			return fmt.Errorf("comparing ids: %w", err)
		}
	}
	if _, err := x.file.Write(block); err != nil {
		return fmt.Errorf("comparing ids, in %s: %w", x.file.Name(), err)
	}
	x.blocks = append(x.blocks, part)
	return nil
}

// each calls yield once for every different id, with its values in the order in which
// they were added. The values are valid until yield returns.
func (x *index) each(ctx context.Context, yield func(values []uint64)) error {
	last := map[[16]byte]int32{} // the place of the latest value of an id
	var values []uint64
	var previous []int32 // the place of the value before; -1 for the first
	search := func(block []byte) {
		for ; len(block) > 0; block = block[markSize:] {
			key := [16]byte(block)
			before, known := last[key]
			if !known {
				before = -1
			}
			last[key] = int32(len(values)) //nolint:gosec // a part has far fewer
			values = append(values, binary.LittleEndian.Uint64(block[16:]))
			previous = append(previous, before)
		}
	}
	buf := make([]byte, blockLen*markSize)
	var group []uint64
	for part := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(last)
		values, previous = values[:0], previous[:0]
		for i, p := range x.blocks {
			if int(p) != part {
				continue
			}
			if _, err := x.file.ReadAt(buf, int64(i*len(buf))); err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("comparing ids: %w", err)
			}
			search(buf)
		}
		search(x.open[part])
		for _, at := range last {
			group = group[:0]
			for ; at >= 0; at = previous[at] {
				group = append(group, values[at])
			}
			slices.Reverse(group)
			yield(group)
		}
	}
	return nil
}

func (x *index) close() {
	if x.file != nil {
		_ = x.file.Close()
		x.remove()
		x.file = nil
	}
}
