package bulkdelete

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"strings"
)

// snapshotBlock is how many bytes of a file are compared at once.
const snapshotBlock = 64 << 10

// snapshot reads a file again and again, and returns what it contained the first time or
// an error. It keeps a hash of each block, and returns none that was not compared: what is
// sent is what was checked. What was added to the file meanwhile is not read. It is not
// safe for concurrent use.
type snapshot struct {
	path   string
	file   *os.File
	seed   maphash.Seed
	blocks []uint64 // hashes of what was read the first time
	size   int64    // of that
	ended  bool     // the end was reached: the snapshot is complete
	tail   []byte   // its last two bytes
}

func newSnapshot(path string, file *os.File) *snapshot {
	return &snapshot{path: path, file: file, seed: maphash.MakeSeed()}
}

// changedError says that a list is not what it was when it was checked.
type changedError struct{ path, how string }

func (e *changedError) Error() string { return e.path + " " + e.how }

// open returns a reader from the start. It implements [bulk.Source].
func (s *snapshot) open() (io.Reader, error) {
	return &snapshotReader{snapshot: s, buf: make([]byte, 0, snapshotBlock)}, nil
}

type snapshotReader struct {
	*snapshot
	buf  []byte // the block
	n    int    // which one it is; counts from 1, 0 for none
	next int64  // where to read
}

// Read implements [io.Reader].
func (r *snapshotReader) Read(p []byte) (int, error) {
	n, err := r.readBlock(p, r.next)
	r.next += int64(n)
	return n, err
}

// ReadAt implements [io.ReaderAt], for a list that was read to its end.
func (r *snapshotReader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = r.readBlock(p[n:], off+int64(n))
		n += more
	}
	return n, err
}

// readBlock reads what one block has from an offset on.
func (r *snapshotReader) readBlock(p []byte, off int64) (int, error) {
	number := int(off / snapshotBlock)
	if r.ended && off >= r.size {
		return 0, io.EOF
	}
	if r.n != number+1 {
		r.n = 0
		if err := r.load(number); err != nil {
			return 0, err
		}
		r.n = number + 1
	}
	rest := r.buf[min(len(r.buf), int(off%snapshotBlock)):]
	if len(rest) == 0 {
		return 0, io.EOF
	}
	return copy(p, rest), nil
}

// load reads a block.
func (r *snapshotReader) load(number int) error {
	start := int64(number) * snapshotBlock
	length := int64(snapshotBlock)
	if r.ended {
		length = min(length, r.size-start)
	}
	n, err := r.file.ReadAt(r.buf[:length], start)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	r.buf = r.buf[:n]
	if number < len(r.blocks) {
		return r.compare(number, n < int(length))
	}
	r.record()
	return nil
}

// record adds a block to the snapshot, or ends it.
func (r *snapshotReader) record() {
	r.ended = len(r.buf) < snapshotBlock
	if len(r.buf) == 0 {
		return
	}
	r.blocks = append(r.blocks, maphash.Bytes(r.seed, r.buf))
	r.size += int64(len(r.buf))
	r.tail = append(r.tail, r.buf[max(0, len(r.buf)-2):]...)
	r.tail = r.tail[max(0, len(r.tail)-2):]
}

// compare returns an error if a block is not what it was.
func (r *snapshotReader) compare(number int, short bool) error {
	switch {
	case short:
		return &changedError{r.path, "was shortened after it was checked"}
	case maphash.Bytes(r.seed, r.buf) != r.blocks[number]:
		return &changedError{r.path, "was rewritten after it was checked"}
	case r.ended && number == len(r.blocks)-1 && r.continued():
		return &changedError{r.path, "has a longer last line than when it was checked"}
	}
	return nil
}

// continued reports whether the last line has become longer: another id, then.
func (s *snapshot) continued() bool {
	more := make([]byte, 2)
	n, _ := s.file.ReadAt(more, s.size)
	first, last := strings.TrimLeft(string(more[:n]), "\x00"), strings.TrimRight(string(s.tail), "\x00") // zeros: UTF-16
	return n > 0 && !strings.HasSuffix(last, "\n") && !strings.HasSuffix(last, "\r") && !strings.HasPrefix(first, "\n") && !strings.HasPrefix(first, "\r")
}

// grown returns how many bytes were added to the file.
func (s *snapshot) grown() (int64, error) {
	info, err := s.file.Stat()
	if err != nil || !s.ended {
		return 0, err
	}
	return max(0, info.Size()-s.size), nil
}

// news says what the list has now that it did not have when it was checked, or "".
func (s *snapshot) news() string {
	opened, err := s.file.Stat()
	named, err2 := os.Stat(s.path)
	if err == nil && err2 == nil && !os.SameFile(opened, named) {
		return s.path + " was replaced by another file after it was checked, which was not read"
	}
	size, err := s.grown()
	if err != nil || size == 0 {
		return ""
	}
	lines := countLines(io.NewSectionReader(s.file, s.size, size))
	switch {
	case lines == 0 || s.compressed():
		return s.path + " has grown since it was checked, and what was added was not sent"
	case lines == 1:
		return "1 line was added to " + s.path + " after it was checked, and not sent"
	}
	return fmt.Sprintf("%d lines were added to %s after it was checked, and not sent", lines, s.path)
}

// compressed reports whether the file has no lines that could be counted: it is in the
// format of gzip or, as the files of spreadsheets are, of zip.
func (s *snapshot) compressed() bool {
	start := make([]byte, 2)
	_, err := s.file.ReadAt(start, 0)
	return err == nil && (string(start) == "\x1f\x8b" || string(start) == "PK")
}

// countLines counts the lines that are not blank.
func countLines(in io.Reader) (n int) {
	buf := make([]byte, snapshotBlock)
	blank := true
	for {
		read, err := in.Read(buf)
		for _, c := range buf[:read] {
			switch c {
			case '\n', '\r':
				blank = true
			case ' ', '\t', 0: // half of a character in UTF-16
			default:
				if blank {
					n++
				}
				blank = false
			}
		}
		if err != nil {
			return n
		}
	}
}
