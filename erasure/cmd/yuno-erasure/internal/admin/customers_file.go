package admin

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/textfile"
)

// textOf returns the text of a file of customers, which may be compressed with gzip. A
// file of another format is a usage error that names the format. name is that of the
// file, for errors.
func textOf(raw io.Reader, name string) (io.Reader, error) {
	compressed := bufio.NewReaderSize(raw, 64<<10)
	if start, _ := compressed.Peek(2); string(start) != "\x1f\x8b" {
		return plainText(compressed, name)
	}
	counted := &countingReader{r: compressed}
	unpacked, err := gzip.NewReader(bufio.NewReader(counted)) // bufio: gzip reads byte by byte
	if err != nil {
		return nil, fmt.Errorf("%s: is damaged gzip data: %w", name, err)
	}
	return plainText(bufio.NewReaderSize(&gzipReader{unpacked: unpacked, compressed: counted}, 64<<10), name+" (unpacked)")
}

func plainText(text *bufio.Reader, name string) (io.Reader, error) {
	start, _ := text.Peek(textfile.Start) // an error occurs again when the rest is read
	if format, found := textfile.Detect(start); found {
		return nil, command.NewUsageError(fmt.Sprintf("%s: is %s, not JSON lines in UTF-8", name, format.Name), format.Hint)
	}
	return text, nil
}

// gzipReader limits what compressed data expands to. JSON lines expand some ten times,
// and at most hundredfold if they are almost equal.
type gzipReader struct {
	unpacked   io.Reader
	compressed *countingReader
	n          int64
}

const (
	maxExpansion   = 500
	alwaysExpanded = 64 << 20 // bytes that the limit does not apply to
)

// Read implements [io.Reader].
func (g *gzipReader) Read(p []byte) (int, error) {
	n, err := g.unpacked.Read(p)
	g.n += int64(n)
	switch {
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return n, fmt.Errorf("the gzip data is damaged: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, errors.New("the gzip data ends early: is the file complete?")
	case g.n > alwaysExpanded && g.n > maxExpansion*g.compressed.n:
		return n, fmt.Errorf("the gzip data expands more than %d times: it is not a file of customers", maxExpansion)
	}
	return n, err
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

// checkFirst returns a usage error if the first line of a file shows that its lines are
// no records. In a later line that is a mistake of the line.
func checkFirst(name string, line int, text []byte) error {
	text = bytes.TrimSpace(text)
	looks := func(like, hint string) error {
		return command.NewUsageError(fmt.Sprintf("%s:%d: looks like %s: want a JSON object on each line", name, line, like), hint)
	}
	switch {
	case len(text) == 1 && text[0] == '{':
		return looks("a JSON object over several lines", "jq -c .")
	case text[0] == '[':
		return looks("a JSON array", "jq -c '.[]'")
	case text[0] != '{' && bytes.ContainsAny(text, ",;\t"):
		return looks("CSV", "an export as JSON lines: providers is a list, which CSV has no place for")
	case text[0] == '<':
		return looks("XML or HTML", "an export as JSON lines")
	}
	return nil
}
