package idlist

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A line end may be split between two reads.
func TestLinesByteByByte(t *testing.T) {
	t.Parallel()
	const text = "c1\r\nc2\rc3\n\r\n\r\rc4"
	for name, in := range map[string]io.Reader{"whole": strings.NewReader(text), "bytes": iotest.OneByteReader(strings.NewReader(text))} {
		var got []string
		lines := newLineReader(in)
		for {
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d:%s", lines.n, line))
			if lines.n == 2 { // the same line again
				lines.unread()
				if again, err := lines.next(); err != nil || string(again) != "c2" || lines.n != 2 {
					t.Errorf("%s: again: %d:%s, %v", name, lines.n, again, err)
				}
			}
		}
		if want := "1:c1 2:c2 3:c3 4: 5: 6: 7:c4"; strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// Nothing is returned of a line that could not be read to its end: half an id may be
// another customer's.
func TestReadErrorWithinALine(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, text := range []string{"c1\nc2", "id\nc1\nc2", "[\"c1\",\n\"c2"} {
		r, err := NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), Options{})
		for err == nil && r.Scan() {
			if r.Record().ID != "c1" {
				t.Errorf("%q: got %q", text, r.Record().ID)
			}
		}
		if err == nil {
			err = r.Err()
		}
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "reading line ") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
