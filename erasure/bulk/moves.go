package bulk

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

// moves say where the records of one list are in another one. They are in a file: in
// memory they would take several times what the states take.
type moves struct {
	file   *os.File
	remove func()
	// The parts of the file that were read last. A journal goes through its records in
	// their order, but for those that were under way together.
	blocks [8]moveBlock
}

const (
	placeSize  = 8
	moveBlocks = 8 << 10 // records in a block
)

type moveBlock struct {
	n      int // which one it is; counts from 1, 0 for none
	places []byte
}

func newMoves() (*moves, error) {
	file, remove, err := journalfile.ScratchFile("yuno-erasure-moves-")
	if err != nil {
		return nil, fmt.Errorf("comparing ids: %w", err)
	}
	return &moves{file: file, remove: remove}, nil
}

// set says where record n is now. All records are set before the first is looked up.
func (m *moves) set(n int, now place) error {
	now.n++ // zeros are for a record that is nowhere
	if _, err := m.file.WriteAt(now.appendTo(nil), int64(n)*placeSize); err != nil {
		return fmt.Errorf("comparing ids, in %s: %w", m.file.Name(), err)
	}
	return nil
}

// of returns where record n is now, and whether it is anywhere.
func (m *moves) of(n int) (now place, ok bool, err error) {
	number := n / moveBlocks
	block := &m.blocks[number%len(m.blocks)]
	if block.n != number+1 {
		if block.places == nil {
			block.places = make([]byte, moveBlocks*placeSize)
		}
		read, err := m.file.ReadAt(block.places, int64(number)*moveBlocks*placeSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return place{}, false, fmt.Errorf("comparing ids: %w", err)
		}
		clear(block.places[read:])
		block.n = number + 1
	}
	now = placeOf(block.places[n%moveBlocks*placeSize:])
	now.n--
	return now, now.n >= 0, nil
}

func (m *moves) close() {
	if m != nil {
		_ = m.file.Close()
		m.remove()
	}
}
