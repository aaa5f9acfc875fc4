package textfile

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// gzipStart are the first bytes of gzip data.
const gzipStart = "\x1f\x8b"

// IsGzip reports whether a file that begins so is gzip data.
func IsGzip(start []byte) bool {
	return len(start) >= len(gzipStart) && string(start[:len(gzipStart)]) == gzipStart
}

// GzipError says why gzip data cannot be unpacked.
type GzipError struct{ Reason string }

func (e *GzipError) Error() string { return e.Reason }

const (
	// maxExpansion limits what compressed data expands to. Records expand some ten times,
	// and at most hundredfold if they are almost equal.
	maxExpansion   = 500
	alwaysExpanded = 64 << 20 // bytes that the limit does not apply to
)

// Unpacked reads what gzip data contains. Its errors are a [*GzipError] if the data is
// at fault: if it is damaged, ends early, or expands more than 500 times and to more than
// 64 MiB.
type Unpacked struct {
	unpacked   io.Reader
	compressed *countingReader
	n          int64
}

// Gunzip unpacks gzip data, of several members too.
func Gunzip(compressed io.Reader) (*Unpacked, error) {
	counted := &countingReader{r: compressed}
	unpacked, err := gzip.NewReader(bufio.NewReader(counted)) // bufio: gzip reads byte by byte
	if err != nil {
		return nil, gzipError(err)
	}
	return &Unpacked{unpacked: unpacked, compressed: counted}, nil
}

// Read implements [io.Reader].
func (u *Unpacked) Read(p []byte) (int, error) {
	n, err := u.unpacked.Read(p)
	u.n += int64(n)
	if err == nil && u.n > alwaysExpanded && u.n > maxExpansion*u.compressed.n {
		err = &GzipError{fmt.Sprintf("the gzip data expands more than %d times", maxExpansion)}
	}
	return n, gzipError(err)
}

// Compressed returns how many bytes of the compressed data were read.
func (u *Unpacked) Compressed() int64 { return u.compressed.n }

func gzipError(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return &GzipError{"the gzip data is damaged"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &GzipError{"the gzip data ends early: is the file complete?"}
	}
	return err
}

type countingReader struct {
	r io.Reader
	n int64
}

// Read implements [io.Reader].
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
