package bulk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatStopsARun(t *testing.T) {
	t.Parallel()
	t.Run("InvalidOnesDoNot", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		for i := range 2 * alike {
			r.text += fmt.Sprintf("a/%d\n", i)
		}
		r.cfg.MaxFailures = 1
		if summary, err := r.run(t.Context(), false); err != nil || summary != (Summary{Accepted: 1, Invalid: 2 * alike}) {
			t.Errorf("%+v, %v", summary, err)
		}
	})
	t.Run("AnotherStatusIsNotAlike", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 2*alike)
		r.server.answer = func(id string, _ int) Result { return Result{Outcome: Failed, Status: 500 + len(id)%2} }
		if _, err := r.run(t.Context(), false); err != nil {
			t.Error(err)
		}
	})
	t.Run("UnsettledOnesAreFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.cfg.MaxFailures, r.cfg.KeepGoing = 5, true
		r.server.answer = func(string, int) Result { return Result{Outcome: MaybeDeleted, Status: 504} }
		if _, err := r.run(t.Context(), false); !errors.Is(err, ErrTooManyFailures) {
			t.Errorf("got %v", err)
		}
	})
}

// What is under way when a run is interrupted is finished; cut breaks it off.
func TestUnderWayWhenInterrupted(t *testing.T) {
	t.Parallel()
	j, err := CreateJournal(newRunner(t, 0).path, header, census(t, "c1\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	cut, breakOff := context.WithCancel(t.Context())
	err = Run(ctx, cut, strings.NewReader("c1\n"), Format{}, j, func(ctx context.Context, _ string) Result {
		interrupt()
		before := ctx.Err()
		breakOff()
		if before != nil || ctx.Err() == nil {
			t.Errorf("%v after the first interruption, %v after the second", before, ctx.Err())
		}
		return Result{Outcome: Accepted}
	}, Config{})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// Few are noted ahead of the first.
func TestGroupsBeginSmall(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 5000)
	first := true
	r.server.answer = func(string, int) Result {
		if first {
			first = false
			content, err := os.ReadFile(r.path)
			if n := strings.Count(string(content), `"event":"sending"`); err != nil || n > 500 {
				t.Errorf("%d noted ahead of the first, %v", n, err)
			}
		}
		return Result{Outcome: Accepted}
	}
	if _, err := r.run(t.Context(), false); err != nil {
		t.Error(err)
	}
}

// What was sent is told even if the journal cannot be written any more.
func TestResultsThatTheJournalHasLost(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	c := census(t, "c1\n")
	j, err := CreateJournal(filepath.Join(t.TempDir(), "journal"), header, c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	var told []string
	err = Run(t.Context(), t.Context(), strings.NewReader("c1\n"), Format{}, j, func(context.Context, string) Result {
		j.mu.Lock()
		j.err = full
		j.mu.Unlock()
		return Result{Outcome: Accepted, Status: 202}
	}, Config{Observe: func(r Result) { told = append(told, r.ID) }})
	if !errors.Is(err, full) || len(told) != 1 {
		t.Errorf("got %v, and was told of %q", err, told)
	}
}
