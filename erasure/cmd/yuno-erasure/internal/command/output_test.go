package command

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		print      func(b *strings.Builder) error
	}{
		{"Table", "ID  STATE  FINAL\n1   done   -\n22  -      -\n", func(b *strings.Builder) error {
			return PrintTable(b, "ID STATE FINAL", [][]string{{"1", "done", ""}, {"22", "", FormatTime(time.Time{})}})
		}},
		{"TableOfFreeText", "A  B\n1  \ufffd[2Jold\ufffd\ufffdé\n", func(b *strings.Builder) error {
			return PrintTable(b, "A B", [][]string{{"1", "\x1b[2Jold\n\té"}})
		}},
		{"Sentence", "1 target and 2 targets.\n", func(b *strings.Builder) error {
			return JSONFlag{}.Print(b, nil, "%s and %s.", Count(1, "target", "targets"), Count(2, "target", "targets"))
		}},
		{"JSON", "{\n  \"at\": \"2026-03-01T11:00:00Z\",\n  \"url\": \"a?b&c\"\n}\n", func(b *strings.Builder) error {
			at := time.Date(2026, 3, 1, 12, 0, 0, 1, time.FixedZone("", 3600))
			return JSONFlag{JSON: true}.Print(b, map[string]any{"at": FormatTime(at), "url": "a?b&c"}, "")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := c.print(&b); err != nil || b.String() != c.want {
				t.Errorf("got %q, %v; want %q", b.String(), err, c.want)
			}
		})
	}
}

// failing fails with each of its errors in turn.
type failing []error

func (f *failing) Write(p []byte) (int, error) {
	err := (*f)[0]
	*f = (*f)[1:]
	return len(p), err
}

func TestTrackedWriter(t *testing.T) {
	t.Parallel()
	first, second := errors.New("first"), errors.New("second")
	w := &TrackedWriter{W: &failing{nil, first, second, nil}}
	for i, want := range []error{nil, first, second, nil} {
		if _, err := w.Write([]byte("x")); err != want {
			t.Errorf("write %d: %v, want %v", i, err, want)
		}
	}
	if w.Err != first {
		t.Errorf("got %v, want the first error", w.Err)
	}
}

func TestYAMLError(t *testing.T) {
	t.Parallel()
	err := errors.New("yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `sk_secret` into int")
	if got, want := YAMLError(err), "yaml: unmarshal errors:   line 2: cannot unmarshal !!str …"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrintJSONWithList(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 3} {
		var out strings.Builder
		err := PrintJSONWithList(&out, map[string]any{"a": 1, "b": map[string]int{"c": 2}}, "list", func(yield func(any) error) error {
			for i := range n {
				if err := yield(map[string]int{"n": i}); err != nil {
					return err
				}
			}
			return nil
		})
		var got struct {
			A    int
			List []struct{ N int }
		}
		if err != nil || json.Unmarshal([]byte(out.String()), &got) != nil || got.A != 1 || got.List == nil || len(got.List) != n || !strings.HasSuffix(out.String(), "]\n}\n") {
			t.Errorf("%v\n%s", err, &out)
		}
	}
}
