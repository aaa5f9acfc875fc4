package batch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func scan(t *testing.T, text string, f Format) (records []string, err error) {
	t.Helper()
	s, err := NewScanner(strings.NewReader(text), f)
	if err != nil {
		return nil, err
	}
	for n := 0; s.Scan(); n++ {
		r := s.Record()
		if r.N != n {
			t.Errorf("record %d is numbered %d", n, r.N)
		}
		if r.Err != nil {
			records = append(records, fmt.Sprintf("%d!%v", r.Line, r.Err))
		} else {
			records = append(records, fmt.Sprintf("%d:%s", r.Line, r.ID))
		}
	}
	return records, s.Err()
}

func TestScanner(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in string
		format   Format
		want     []string
	}{
		{"Lines", "c1\nc2", Format{}, []string{"1:c1", "2:c2"}},
		{"BOMAndCRLF", "\ufeffc1\r\nc2\r\n", Format{}, []string{"1:c1", "2:c2"}},
		{"BlankLinesAndComments", "\n# all of them\nc1\n   \n  # c2\nc3\n\n", Format{}, []string{"3:c1", "6:c3"}},
		{"SpaceAround", "  c1\t\n", Format{}, []string{"1:c1"}},
		{"Nothing", "", Format{}, nil},
		{"CSV", "name,id\nAda,c1\n\"Bob, Jr\",c2\n", Format{Column: "id"}, []string{"2:c1", "3:c2"}},
		{"CSVWithBOMAndCRLF", "\ufeffid,name\r\nc1,Ada\r\n\r\nc2,Bob\r\n", Format{Column: "id"}, []string{"2:c1", "4:c2"}},
		{"CSVShortRow", "name,id\nAda\n,c2\n", Format{Column: "id"}, []string{`2!has no column "id"`, "3:c2"}},
		{"CSVOverLines", "note,id\n\"two\nlines\",c1\nx,c2\n", Format{Column: "id"}, []string{"2:c1", "4:c2"}},
		{"CSVBadQuote", "id,name\nc1,a\"b\nc2,x\n", Format{Column: "id"}, []string{`2!bare " in non-quoted-field`, "3:c2"}},
		{"CSVComment", "id\n# note\nc1\n", Format{Column: "id"}, []string{"3:c1"}},
		{"CSVEmptyCell", "id,x\n,1\n", Format{Column: "id"}, []string{"2:"}},
		{"JSONL", `{"id": "c1"}` + "\n\n" + `{"x": 1, "id": "c2"}`, Format{Field: "id"}, []string{"1:c1", "3:c2"}},
		{"JSONLMistakes", "{\"x\": 1}\n{\"id\": 7}\nnull\n[]\nada@example.com\n", Format{Field: "id"},
			[]string{`1!has no field "id"`, `2!field "id" is not a string`, "3!not a JSON object", "4!not a JSON object", "5!not a JSON object"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := scan(t, c.in, c.format)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func TestScannerRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		format   Format
		want     string
	}{
		{"LongLine", "c1\n" + strings.Repeat("x", maxLine+1), Format{}, "line 2 is longer than 1024 KiB"},
		{"EmptyCSV", "", Format{Column: "id"}, "is empty: want a header"},
		{"NoSuchColumn", "name,email\n", Format{Column: "id"}, `has no column "id" among the 2 that the first line names`},
		{"QuoteNeverClosed", "id\na\n\"b\nc\nd\n", Format{Column: "id"}, "line 3: a quote is opened"},
		{"BrokenHeader", "a\"b\n", Format{Column: "id"}, "line 1: "},
		{"Both", "", Format{Column: "id", Field: "id"}, "give one of them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := scan(t, c.in, c.format); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func FuzzScanner(f *testing.F) {
	f.Add("c1\n#x\n\nc2", 0)
	f.Add("\ufeffid,name\r\nc1,\"a\nb\"\r\n", 1)
	f.Add(`{"id":"c1"}`+"\nnull\n", 2)
	f.Fuzz(func(t *testing.T, in string, kind int) {
		format := []Format{{}, {Column: "id"}, {Field: "id"}}[uint(kind)%3]
		s, err := NewScanner(strings.NewReader(in), format)
		if err != nil {
			return
		}
		last := 0
		for s.Scan() {
			if r := s.Record(); r.Line < last || r.Line == 0 {
				t.Fatalf("line %d after line %d", r.Line, last)
			} else {
				last = r.Line
			}
		}
	})
}

var errInvalid = errors.New("is invalid")

func checkForTests(id string) error {
	if strings.Contains(id, "/") || id == "" {
		return errInvalid
	}
	return nil
}

func census(t *testing.T, text string) *Census {
	t.Helper()
	c, err := TakeCensus(t.Context(), strings.NewReader(text), Format{}, checkForTests)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCensus(t *testing.T) {
	t.Parallel()
	c := census(t, "c1\nc2\na/b\nc1\nc3\nc2\n")
	if c.Records != 6 || c.Invalid != 1 || c.Duplicates != 2 || c.ToErase() != 3 {
		t.Errorf("counted %+v", c)
	}
	if len(c.Problems) != 1 || c.Problems[0].Line != 3 {
		t.Errorf("problems %+v", c.Problems)
	}
	if other := census(t, "c1\nc2\na/b\nc1\nc3\nc2 \n"); other.SHA256 == c.SHA256 {
		t.Error("another input has the same digest")
	}
	if many := census(t, strings.Repeat("a/b\n", 100)); len(many.Problems) != maxProblems || many.Invalid != 100 {
		t.Errorf("keeps %d of %d problems", len(many.Problems), many.Invalid)
	}
}

// Beyond what is kept in memory, duplicates are found in a file.
func TestSeenSpills(t *testing.T) {
	t.Parallel()
	s := newSeen()
	for i := range seenInMemory + 1000 {
		isNew, err := s.add(t.Context(), fmt.Sprint(i))
		if err != nil || !isNew {
			t.Fatalf("id %d: %v, %v", i, isNew, err)
		}
	}
	if s.insert == nil || s.memory != nil {
		t.Fatal("nothing moved to the file")
	}
	for _, i := range []int{0, 1, seenInMemory - 1, seenInMemory, seenInMemory + 999} {
		if isNew, err := s.add(t.Context(), fmt.Sprint(i)); err != nil || isNew {
			t.Errorf("id %d is new again: %v", i, err)
		}
	}
	s.close()
}
