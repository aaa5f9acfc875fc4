package bulk

import (
	"context"
	"errors"
	"io"
	"testing"
)

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
		return Result{Outcome: MaybeDeleted, Code: "aborted"}
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
