package idlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/yuno-community/yuno-customers/internal/textfile"
)

const (
	utf8Name    = "utf-8"
	utf16LEName = "utf-16le"
	utf16BEName = "utf-16be"
	byteOrder   = "\ufeff"
)

// encodings are the encodings of texts, by the names that people use. utf-16 is told from
// its byte order mark, and little-endian without one.
var encodings = map[string]encoding.Encoding{
	utf8Name: unicode.UTF8, "utf-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	utf16LEName: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), utf16BEName: unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"windows-1252": charmap.Windows1252, "iso-8859-1": charmap.ISO8859_1, "iso-8859-15": charmap.ISO8859_15,
}

// Encodings returns the names of the encodings of texts.
func Encodings() []string { return slices.Sorted(maps.Keys(encodings)) }

// text is the text of a list, and how it was found.
type text struct {
	lines      *lineReader
	encoding   string // unless it is UTF-8
	compressed *textfile.Unpacked
}

// openText unpacks and decodes a list. It rejects what is not text.
func openText(in *bufio.Reader, encodingName string) (*text, error) {
	t := &text{}
	start, _ := in.Peek(textfile.Start) // an error occurs again when the rest is read
	where := ""
	if textfile.IsGzip(start) {
		unpacked, err := textfile.Gunzip(in)
		if err != nil {
			return nil, contentError(err)
		}
		t.compressed = unpacked
		in = bufio.NewReaderSize(unpacked, bufferSize)
		if start, err = in.Peek(textfile.Start); len(start) == 0 && err != nil && !errors.Is(err, io.EOF) {
			return nil, contentError(err)
		}
		where = " within gzip data"
	}
	name := strings.ToLower(encodingName)
	if bigEndian, ok := textfile.UTF16(start); ok && (name == "" || strings.HasPrefix(name, "utf-16")) {
		name = utf16LEName
		if bigEndian {
			name = utf16BEName
		}
	}
	if format, found := textfile.Detect(start); found && !strings.HasPrefix(name, "utf-16") {
		return nil, &FormatError{Reason: "is " + format.Name + where + ", not a list of ids", Hint: format.Hint}
	}
	if strings.HasPrefix(name, "utf-16") && bytes.IndexByte(start, 0) < 0 && len(start) > 0 { // ids have a zero in each character
		return nil, &FormatError{Reason: "is not UTF-16 text", Hint: "the same without --encoding"}
	}
	var decoded io.Reader = in
	if name != "" && name != utf8Name {
		t.encoding = name
		decoded = transform.NewReader(in, encodings[name].NewDecoder())
	}
	t.lines = newLineReader(decoded)
	t.lines.skipPrefix(byteOrder)
	return t, nil
}

// contentError returns the error for damaged content as a [*FormatError].
func contentError(err error) error {
	var damaged *textfile.GzipError
	if errors.As(err, &damaged) {
		return &FormatError{Reason: damaged.Reason, Hint: "a new copy of the file"}
	}
	return err
}

const (
	bufferSize = 64 << 10
	// MaxLine bounds a line, a row of a table and an element of a JSON array, in bytes.
	MaxLine = 1 << 20
)

// lineReader reads lines that end with LF, CRLF or, as old programs write them, CR.
type lineReader struct {
	in         io.Reader
	buf        []byte
	start, end int // of what is not returned yet
	newline    int // where the next LF in buf is, if it is not before start
	searched   int // up to where there is no LF but that one
	err        error
	n          int // number of the line that was returned last
	last       int // where that line begins
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{in: in, buf: make([]byte, bufferSize), newline: -1}
}

// sample returns what the rest of the text begins with: as much as is read at once.
func (r *lineReader) sample() []byte {
	for r.err == nil && r.end-r.start < bufferSize/2 {
		if err := r.fill(); err != nil {
			break
		}
	}
	return r.buf[r.start:r.end]
}

// skipPrefix skips a text at the beginning.
func (r *lineReader) skipPrefix(prefix string) {
	if bytes.HasPrefix(r.sample(), []byte(prefix)) {
		r.start += len(prefix)
	}
}

// next returns the next line without its end. It is valid until the next call. The error
// is io.EOF at the end. After any other one nothing of the line is returned: half an id
// may be another customer's.
func (r *lineReader) next() ([]byte, error) {
	for {
		if line, ok := r.cut(); ok {
			r.n++
			return line, nil
		}
		switch {
		case errors.Is(r.err, io.EOF) && r.start < r.end:
			line := bytes.TrimSuffix(r.buf[r.start:r.end], []byte("\r"))
			r.last, r.start = r.start, r.end
			r.n++
			return line, nil
		case errors.Is(r.err, io.EOF):
			return nil, io.EOF
		case r.err != nil:
			return nil, r.failure(r.err)
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// unread makes the next call of next return the last line again.
func (r *lineReader) unread() {
	r.start, r.newline, r.searched = r.last, -1, r.last
	r.n--
}

// rest returns a reader of what next has not returned.
func (r *lineReader) rest() io.Reader {
	buffered := bytes.NewReader(r.buf[r.start:r.end])
	if r.err != nil {
		return io.MultiReader(buffered, failing{r.err})
	}
	return io.MultiReader(buffered, r.in)
}

// failing is a reader with an error.
type failing struct{ err error }

// Read implements [io.Reader].
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// failure returns an error of reading, with the line after the last one.
func (r *lineReader) failure(err error) error {
	var damaged *FormatError
	if errors.As(contentError(err), &damaged) {
		damaged.Line = r.n + 1
		return damaged
	}
	return fmt.Errorf("reading line %d: %w", r.n+1, err)
}

// cut takes the next line from the buffer, if its end is there.
func (r *lineReader) cut() ([]byte, bool) {
	if r.newline < r.start {
		r.newline = -1
		from := max(r.searched, r.start)
		if i := bytes.IndexByte(r.buf[from:r.end], '\n'); i >= 0 {
			r.newline = from + i
		}
		r.searched = r.end
		if r.newline >= 0 {
			r.searched = r.newline + 1
		}
	}
	limit := r.end
	if r.newline >= 0 {
		limit = r.newline
	}
	if i := bytes.IndexByte(r.buf[r.start:limit], '\r'); i >= 0 {
		at := r.start + i
		if at+1 == r.end && r.err == nil { // an LF may follow
			return nil, false
		}
		line := r.buf[r.start:at]
		r.last, r.start = r.start, at+1
		if at+1 == r.newline {
			r.start++
		}
		return line, true
	}
	if r.newline < 0 {
		return nil, false
	}
	line := r.buf[r.start:r.newline]
	r.last, r.start = r.start, r.newline+1
	return line, true
}

// fill reads more into the buffer, which it moves or enlarges.
func (r *lineReader) fill() error {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.searched = max(r.searched-r.start, 0)
		r.newline = max(r.newline-r.start, -1)
		r.start, r.end = 0, r.end-r.start
	}
	if r.end == len(r.buf) {
		if len(r.buf) >= MaxLine {
			return &FormatError{r.n + 1, fmt.Sprintf("is longer than %d KiB", MaxLine>>10), "one id per line, or --column or --field for another format"}
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	const mostEmpty = 100
	for range mostEmpty {
		n, err := r.in.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if n > 0 || err != nil {
			return nil
		}
	}
	r.err = io.ErrNoProgress
	return nil
}

// isComment reports whether a line is a comment: "# " and a text, or "#" alone. #N/A is
// none, and neither is the name of a customer, "#1 Store".
func isComment(line []byte) bool {
	return len(line) > 0 && line[0] == '#' && (len(line) == 1 || line[1] == ' ' || line[1] == '\t')
}
