package bulk

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRunSendsEveryIDOnce(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 1000)
	r.text += "c5\na/b\nc7\n" // a duplicate, an invalid one, a duplicate
	var observed int
	r.options.Observe = func(Result) { observed++ }
	summary, err := r.run(t.Context(), false)
	if want := (Summary{Accepted: 1000, Invalid: 1, Duplicates: 2}); err != nil || summary != want {
		t.Errorf("%+v, %v, want %+v", summary, err, want)
	}
	if observed != 1001 {
		t.Errorf("observed %d", observed)
	}
	for id, n := range r.server.erased {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
}

// Only what was scanned is sent. Where reading fails, the id that is cut off may be
// another customer's.
func TestListThatChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   io.Reader
		want string
	}{
		{"Longer", strings.NewReader("c1\nc2345\nc3\n"), "the list changed"},
		{"Shorter", strings.NewReader("c1\n"), "the list changed"},
		{"CutOff", io.MultiReader(strings.NewReader("c1\nc23"), iotest.ErrReader(errors.New("broken"))), "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, 0)
			readers := []io.Reader{strings.NewReader("c1\nc2345\n"), c.in}
			source := func() (io.Reader, error) {
				next := readers[0]
				readers = readers[1:]
				return next, nil
			}
			list, err := Scan(t.Context(), source, Format{})
			if err != nil {
				t.Fatal(err)
			}
			job, err := Prepare(t.Context(), list, optionsFor(r.path, false))
			if err != nil {
				t.Fatal(err)
			}
			defer closeJob(t, job)
			err = job.Run(t.Context(), r.server.erase, RunOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			for id := range r.server.erased {
				if id != "c1" && id != "c2345" {
					t.Errorf("sent %s", id)
				}
			}
		})
	}
}

// The result of what was sent is observed even if the journal cannot record it.
func TestResultsThatTheJournalHasLost(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	r := newRunner(t, 1)
	job, err := Prepare(t.Context(), scanText(t, r.text), optionsFor(r.path, false))
	if err != nil {
		t.Fatal(err)
	}
	var observed []string
	r.options.Observe = func(r Result) { observed = append(observed, r.ID) }
	err = job.Run(t.Context(), func(context.Context, string) Result {
		job.journal.mu.Lock()
		job.journal.err = full
		job.journal.mu.Unlock()
		return Result{Outcome: Accepted, Status: 202}
	}, r.options)
	if !errors.Is(err, full) || len(observed) != 1 {
		t.Errorf("got %v, observed %q", err, observed)
	}
	if err := job.Close(); !errors.Is(err, full) {
		t.Errorf("closed: %v", err)
	}
}
