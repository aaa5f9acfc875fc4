package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func TestWhatStopsARun(t *testing.T) {
	t.Parallel()
	t.Run("NotInvalidOnes", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		for i := range 2 * sameOutcomeLimit {
			r.text += fmt.Sprintf("a/%d\n", i)
		}
		r.options.MaxFailures = 1
		if summary, err := r.run(t.Context(), false); err != nil || summary != (Summary{Accepted: 1, Invalid: 2 * sameOutcomeLimit}) {
			t.Errorf("%+v, %v", summary, err)
		}
	})
	t.Run("NotDifferentStatuses", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 2*sameOutcomeLimit)
		r.server.respond = func(id string, _ int) Result { return Result{Outcome: Failed, Status: 500 + len(id)%2} }
		if _, err := r.run(t.Context(), false); err != nil {
			t.Error(err)
		}
	})
	t.Run("UnsettledOnesAreFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.options.MaxFailures, r.options.KeepGoing = 5, true
		r.server.respond = func(string, int) Result { return Result{Outcome: MaybeDeleted, Status: 504} }
		if _, err := r.run(t.Context(), false); !errors.Is(err, ErrTooManyFailures) {
			t.Errorf("got %v", err)
		}
	})
}

// The end of Run's context lets what is under way finish; Abort breaks it off.
func TestUnderWayWhenInterrupted(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 1)
	job := r.prepare(false)
	ctx, interrupt := context.WithCancel(t.Context())
	err := job.Run(ctx, func(ctx context.Context, _ string) Result {
		interrupt()
		if ctx.Err() != nil {
			t.Error("broken off by the end of Run's context")
		}
		job.Abort()
		<-ctx.Done()
		return Result{Outcome: Accepted}
	}, r.options)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Abort alone sends nothing more, and there is no report after it.
func TestAbort(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 100)
	job := r.prepare(false)
	r.options.Concurrency = 1
	sent := 0
	err := job.Run(t.Context(), func(ctx context.Context, _ string) Result {
		sent++
		job.Abort()
		<-ctx.Done()
		return Result{Outcome: MaybeDeleted, Code: "broken_off"}
	}, r.options)
	if !errors.Is(err, context.Canceled) || sent != 1 {
		t.Errorf("sent %d, %v", sent, err)
	}
	if want := (Summary{MaybeDeleted: 1, Unsettled: 1, NotSent: 99}); job.Summary() != want {
		t.Errorf("%+v, want %+v", job.Summary(), want)
	}
	for _, format := range []ReportFormat{ReportCSV, ReportJSONL} {
		if err := job.WriteReport(io.Discard, format); !errors.Is(err, ErrAborted) {
			t.Errorf("report %d: %v", format, err)
		}
	}
	closeJob(t, job)
	if summary, err := r.run(t.Context(), true); err != nil || summary.Accepted != 100 {
		t.Errorf("resumed: %+v, %v", summary, err)
	}
}

func TestAbortBeforeTheRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 1)
	job := r.prepare(false)
	job.Abort()
	if err := job.Run(t.Context(), r.server.erase, r.options); !errors.Is(err, context.Canceled) || len(r.server.erased) != 0 {
		t.Errorf("%v, sent %v", err, r.server.erased)
	}
}

// abortingWriter aborts a job while its report is written.
type abortingWriter struct{ job *Job }

func (w abortingWriter) Write(p []byte) (int, error) {
	w.job.Abort()
	return len(p), nil
}

func TestAbortOfAReport(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 2)
	job := r.prepare(false)
	if err := job.Run(t.Context(), r.server.erase, r.options); err != nil {
		t.Fatal(err)
	}
	if err := job.WriteReport(abortingWriter{job}, ReportJSONL); !errors.Is(err, ErrAborted) {
		t.Errorf("got %v", err)
	}
}

// Few ids are journalled ahead of the first one.
func TestGroupsStartSmall(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 5000)
	first := true
	r.server.respond = func(string, int) Result {
		if first {
			first = false
			content, err := os.ReadFile(r.path)
			if n := strings.Count(string(content), `"event":"sending"`); err != nil || n > 500 {
				t.Errorf("%d journalled ahead of the first, %v", n, err)
			}
		}
		return Result{Outcome: Accepted}
	}
	if _, err := r.run(t.Context(), false); err != nil {
		t.Error(err)
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
