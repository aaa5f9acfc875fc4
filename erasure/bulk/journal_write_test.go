package bulk

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

func TestJournalIsWritten(t *testing.T) {
	t.Parallel()
	// started returns a journal to which an outcome was added.
	started := func(t *testing.T) (*runner, *journal) {
		t.Helper()
		r := newRunner(t, 1)
		j, err := createJournal(t.Context(), scanText(t, r.text), optionsFor(r.path, false))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.begin(), j.outcome(Result{ID: "c0", Outcome: Accepted})); err != nil {
			t.Fatal(err)
		}
		return r, j
	}
	has := func(r *runner, text string) bool {
		r.Helper()
		content, err := os.ReadFile(r.path)
		if err != nil {
			r.Fatal(err)
		}
		return strings.Contains(string(content), text)
	}
	t.Run("Soon", func(t *testing.T) {
		t.Parallel()
		r, j := started(t)
		await.True(t, "the outcome is on disk", func() bool { return has(r, `"event":"outcome"`) })
		if err := j.close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("ByClose", func(t *testing.T) {
		t.Parallel()
		r, j := started(t)
		if err := j.close(); err != nil || !has(r, `"event":"outcome"`) {
			t.Errorf("not on disk, %v", err)
		}
	})
	t.Run("NotAfterAnError", func(t *testing.T) {
		t.Parallel()
		r, j := started(t)
		good := j.file
		var err error
		if j.file, err = os.Open(r.path); err != nil { // read-only
			t.Fatal(err)
		}
		err1 := j.sync()
		j.file = good
		if err2 := j.notSent(Record{}); err1 == nil || err2 == nil {
			t.Errorf("%v, then %v", err1, err2)
		}
		_ = j.close()
	})
	t.Run("WithoutAnIncompleteLine", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		if _, err := r.run(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(r.path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(r.path, append(content, make([]byte, 4096)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := r.run(t.Context(), true); err != nil || has(r, "\x00") {
			t.Errorf("it is still there, %v", err)
		}
	})
}

// The header is the first line of a journal, whenever it is synced.
func TestHeaderComesFirst(t *testing.T) {
	t.Parallel()
	for range 1000 {
		r := newRunner(t, 1)
		j, err := createJournal(t.Context(), scanText(t, r.text), optionsFor(r.path, false))
		if err != nil {
			t.Fatal(err)
		}
		ctx, begun := context.WithCancel(t.Context())
		var writer sync.WaitGroup
		writer.Go(func() { // as syncPeriodically does
			for ctx.Err() == nil {
				_ = j.sync()
			}
		})
		err = j.begin()
		begun()
		writer.Wait()
		if content, readErr := os.ReadFile(r.path); err != nil || readErr != nil || !strings.HasPrefix(string(content), journalfile.HeaderStart) {
			t.Fatalf("starts with %.20q, %v, %v", content, err, readErr)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// After a power cut, parts of the last write may be zeros.
func TestJournalWithAHole(t *testing.T) {
	t.Parallel()
	const n = 200
	for from := range 40 {
		r := newRunner(t, n)
		if _, err := r.run(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(r.path)
		if err != nil {
			t.Fatal(err)
		}
		at := len(content) - 4000 + 11*from // anywhere in a line
		clear(content[at : at+1000])
		if err := os.WriteFile(r.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if summary, err := r.run(t.Context(), true); err != nil || summary.Accepted+summary.MaybeDeleted+summary.NotFound != n || summary.Accepted < n-20 {
				t.Errorf("%+v, %v", summary, err)
			}
		}
	}
}
