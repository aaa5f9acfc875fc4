package survey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// FuzzParseResult: a line that is accepted means the same when it is written again, and
// names one id and what is known of it.
func FuzzParseResult(f *testing.F) {
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for _, r := range []Result{
		{ID: "m1", Line: 3, Outcome: Found, CustomerID: "c1", Status: 200, Attempts: 1, RequestID: "r", Time: at},
		{ID: `jane "doe"@example.com`, Outcome: NotFound, Status: 404, Code: "NOT_FOUND", Time: at},
		{ID: "c1", Outcome: Gone, Time: at, Erasure: &bulk.Result{ID: "c1", Outcome: bulk.Accepted, Status: 202, Time: at}},
	} {
		f.Add(r.appendTo(nil))
	}
	for _, text := range []string{
		"{}", "", "null", `{"id":"m1","outcome":"found","time":"2026-11-26T10:00:00Z"}`, `{"id":"m1","id":"m2","outcome":"gone"}`,
		`{"id":"m1","outcome":"gone","first_name":"Jane"}`, `{"id":"m1","outcome":"gone"} {}`, `{"id":"m1","outcome":"guessed"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseResult(line)
		if err != nil {
			return
		}
		written := r.appendTo(nil)
		again, err := parseResult(written)
		if err != nil || !reflect.DeepEqual(r, again) || strings.Count(string(written), "\n") != 1 {
			t.Errorf("%q is written as %q, which is %+v, %v", line, written, again, err)
		}
		if r.ID == "" || (r.Outcome == Found) && r.CustomerID == "" {
			t.Errorf("%q: got %+v", line, r)
		}
	})
}

// FuzzParseHeader: a header that is accepted means the same when it is written again.
func FuzzParseHeader(f *testing.F) {
	f.Add(header{Version: 1, Question: LookUp, AccountCode: "a", BaseURL: "http://127.0.0.1/v1"}.line())
	f.Add([]byte(`{"version":1,"version":2,"question":"look-up"}`))
	f.Add([]byte(`{"version":2,"input_sha256":"","records":1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		h, ok := parseHeader(line)
		if !ok {
			return
		}
		if again, ok := parseHeader(h.line()); !ok || !again.Started.Equal(h.Started) || again.Question != h.Question || again.BaseURL != h.BaseURL {
			t.Errorf("%q is written as %q", line, h.line())
		}
	})
}

// Equal ids are found in memory and in the file, with their values in order.
func TestIndex(t *testing.T) {
	t.Parallel()
	var x index
	defer x.close()
	const different = 40_000 // more than the blocks in memory
	want := map[int][]uint64{}
	for i := range uint64(3 * different) {
		n := int(i*7919) % different
		if n%5 == 0 && i > different {
			continue // these are different
		}
		want[n] = append(want[n], i)
		if err := x.add(fmt.Sprintf("id-%d", n), i); err != nil {
			t.Fatal(err)
		}
	}
	if x.file == nil {
		t.Error("nothing was written to a file")
	}
	for range 2 { // it can be read again
		groups := map[uint64][]uint64{}
		if err := x.each(t.Context(), func(values []uint64) { groups[values[0]] = slices.Clone(values) }); err != nil {
			t.Fatal(err)
		}
		if len(groups) != len(want) {
			t.Errorf("got %d different ids, want %d", len(groups), len(want))
		}
		for n, values := range want {
			if !slices.Equal(groups[values[0]], values) {
				t.Fatalf("id %d: got %v, want %v", n, groups[values[0]], values)
			}
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := x.each(ended, func([]uint64) { t.Error("reads on") }); err == nil {
		t.Error("does not end")
	}
}

// After an error nothing more is written, and every later result gets the same error.
func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lookup")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path) // to read only
	if err != nil {
		t.Fatal(err)
	}
	j := newJournal(file, flock.New(path))
	if err := j.add(Result{ID: "m1", Outcome: Gone}); err != nil {
		t.Errorf("the first result: %v", err)
	}
	for range 2 {
		var failure *bulk.WriteError
		if err := errors.Join(j.sync(), j.add(Result{ID: "m2", Outcome: Gone})); !errors.As(err, &failure) || failure.Path != path {
			t.Errorf("got %v", err)
		}
	}
	if err := j.close(); err == nil {
		t.Error("close does not say that results are missing")
	}
}
