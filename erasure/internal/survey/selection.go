package survey

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// Selection is some of the results of a survey, in their order. Its memory is a bit per
// result. It is safe for concurrent use, as long as the survey does not run.
type Selection struct {
	file   *os.File
	pick   func(Result) bool
	blocks []int64 // where each block of selected results begins in the journal
	n      int

	mu     sync.Mutex
	number int // of the block in cache; -1 for none
	cache  []Result
}

// selectionBlock is how many selected results are read together.
const selectionBlock = 64

// Select returns the results for which pick returns true. It must not be called while the
// survey runs.
func (s *Survey) Select(ctx context.Context, pick func(Result) bool) (*Selection, error) {
	if err := s.journal.sync(); err != nil {
		return nil, err
	}
	return selectFrom(ctx, s.journal.file, s.first, pick)
}

// OpenSelection returns the results of a journal for which pick returns true, without its
// list. It changes nothing, and another run may have the journal open. The caller must call
// [Selection.Close].
//
// A [*bulk.JournalError] says why the journal cannot be read.
func OpenSelection(ctx context.Context, path string, pick func(Result) bool) (*Selection, error) {
	file, err := ownfile.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, unreadable(path, err, "moving it away")
	}
	var s *Selection
	_, first, err := readHeader(file)
	if err == nil {
		s, err = selectFrom(ctx, file, first, pick)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the journal of [OpenSelection]. It is not called for [Survey.Select].
func (s *Selection) Close() error { return s.file.Close() }

func selectFrom(ctx context.Context, file *os.File, first int64, pick func(Result) bool) (*Selection, error) {
	sel := &Selection{file: file, pick: pick, number: -1}
	results := sel.from(first)
	for {
		at := results.at
		_, err := results.next()
		if errors.Is(err, io.EOF) {
			return sel, nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		if sel.n%selectionBlock == 0 {
			sel.blocks = append(sel.blocks, at)
		}
		sel.n++
	}
}

// Len returns how many results there are.
func (s *Selection) Len() int { return s.n }

// At returns result n. Reading results in about their order is fast.
func (s *Selection) At(n int) (Result, error) {
	if n < 0 || n >= s.n {
		return Result{}, fmt.Errorf("there is no result %d of %d", n, s.n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number := n / selectionBlock; number != s.number {
		s.number, s.cache = -1, s.cache[:0]
		results := s.from(s.blocks[number])
		for len(s.cache) < min(selectionBlock, s.n-number*selectionBlock) {
			r, err := results.next()
			if err != nil {
				return Result{}, fmt.Errorf("reading %s again: %w", s.file.Name(), err)
			}
			s.cache = append(s.cache, r)
		}
		s.number = number
	}
	return s.cache[n%selectionBlock], nil
}

// Reader reads the results as a text, to which format appends each of them.
func (s *Selection) Reader(format func(text []byte, r Result) []byte) io.Reader {
	if s.n == 0 {
		return bytes.NewReader(nil)
	}
	return &textReader{results: s.from(s.blocks[0]), left: s.n, format: format}
}

// textReader is the reader of [Selection.Reader].
type textReader struct {
	results *selected
	left    int
	format  func([]byte, Result) []byte
	text    []byte
	rest    []byte // of text, to be read
}

// Read implements [io.Reader].
func (t *textReader) Read(p []byte) (int, error) {
	for len(t.rest) == 0 {
		if t.left == 0 {
			return 0, io.EOF
		}
		r, err := t.results.next()
		if err != nil {
			return 0, err
		}
		t.left--
		t.text = t.format(t.text[:0], r)
		t.rest = t.text
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// selected reads selected results one after the other.
type selected struct {
	pick   func(Result) bool
	reader *bufio.Reader
	at     int64 // where the next line begins
	path   string
}

func (s *Selection) from(at int64) *selected {
	section := io.NewSectionReader(s.file, at, math.MaxInt64-at)
	return &selected{s.pick, bufio.NewReaderSize(section, 16<<10), at, s.file.Name()}
}

// next returns the next result that is selected, or io.EOF.
func (s *selected) next() (Result, error) {
	for {
		r, n, err := nextResult(s.reader, s.path, s.at)
		s.at += int64(n)
		if err != nil {
			return Result{}, err
		}
		if r.ID != "" && s.pick(r) {
			return r, nil
		}
	}
}
