package erasure

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSweep(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	store := &stubStore{
		stranded: []Stranded{{Job{"t1", "stub"}, now}, {Job{"t2", "stub"}, now}},
		orphaned: func(since time.Time) []Job {
			if !since.Equal(now.Add(-time.Minute)) {
				t.Errorf("orphaned what was not seen since %v", since)
			}
			return []Job{{"t5", "other"}}
		},
		expired: func(deadline, begunBefore time.Time) []Job {
			if !deadline.Equal(now.Add(-lastAttempt)) || !begunBefore.Equal(now.Add(-90*time.Second)) {
				t.Errorf("expired what was due at %v and begun before %v", deadline, begunBefore)
			}
			return []Job{{"t3", "stub"}}
		},
		lasting: func(since time.Time) []Job {
			if !since.Equal(now.Add(-24 * time.Hour)) {
				t.Errorf("escalated what lasts since %v", since)
			}
			return []Job{{"t4", "stub"}}
		},
		overtaken: func(age time.Duration) []Job {
			if age != 24*time.Hour {
				t.Errorf("looked for what was overtaken for %v", age)
			}
			return []Job{{"t6", "stub"}}
		},
	}
	s, err := NewService(store, noQueue, nil, Config{
		Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var enqueued []Job
	s.seenAt, s.steadiness = now, Steadiness{time.Minute, now, now.Add(-time.Minute)}
	err = s.Sweep(t.Context(), time.Minute, func(_ context.Context, _ *sql.Tx, jobs []Job) error {
		enqueued = jobs
		return nil
	})
	if err != nil || len(enqueued) != 2 || !store.purged.Equal(now) {
		t.Errorf("enqueued %v, purged at %v, %v", enqueued, store.purged, err)
	}
	for _, want := range []string{
		`level=ERROR msg="failed: the deadline passed" target=t3 provider=stub`,
		`level=WARN msg="needs a person: a doubt lasted too long" target=t4 provider=stub`,
		`level=WARN msg="needs a person: no process has this provider" target=t5 provider=other`,
		`level=INFO msg="pending again: refused by an attempt from before its connection was resumed" target=t6 provider=stub`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
}

// A process that could not say what it works on does not take others for gone: they could
// not either.
func TestSweepOrphansNothingAfterAnOutage(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, 6 * time.Second} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			sweepAroundOutages(t, timeout)
		})
	}
}

// sweepAroundOutages sweeps with a heartbeat timeout, or the default for 0.
func sweepAroundOutages(t *testing.T, timeout time.Duration) {
	w := newWatched(t)
	w.configure(t, Config{HeartbeatTimeout: timeout})
	part := cmp.Or(timeout, time.Minute) / 60 // a second by default
	orphaned := 0
	w.store.orphaned = func(since time.Time) []Job {
		if orphaned++; !since.Equal(w.at.Add(-60 * part)) {
			t.Errorf("orphaned what was not seen for %v", w.at.Sub(since))
		}
		return nil
	}
	for _, step := range []struct {
		what string
		gap  int // since the last beat, in parts
		n    int // of beats five parts apart that follow
		want int // how often a sweep then looks for orphans
	}{
		{"just started", 0, 11, 0},
		{"a minute after the start", 5, 0, 1},
		{"a delay", 14, 0, 1},
		{"an outage", 600, 11, 0},
		{"a minute after the outage", 5, 0, 1},
	} {
		w.beat(t, time.Duration(step.gap)*part)
		for range step.n {
			w.beat(t, 5*part)
		}
		orphaned = 0
		if err := w.service.Sweep(t.Context(), time.Minute, nil); err != nil || orphaned != step.want {
			t.Errorf("%s: looked %d times for orphans, want %d (%v)", step.what, orphaned, step.want, err)
		}
	}
	w.at = w.at.Add(600 * part) // the machine slept, and the sweep comes before the beat
	orphaned = 0
	if err := w.service.Sweep(t.Context(), time.Minute, nil); err != nil || orphaned != 0 {
		t.Errorf("before the first beat after an outage: looked %d times (%v)", orphaned, err)
	}
}

// A step that fails does not keep the others from being made.
func TestSweepMakesEveryStep(t *testing.T) {
	t.Parallel()
	store := &stubStore{stranded: []Stranded{{Job{"t1", "stub"}, now}}}
	full := errors.New("the queue is full")
	err := newTestService(t, store, nil).Sweep(t.Context(), time.Minute, func(context.Context, *sql.Tx, []Job) error { return full })
	if !errors.Is(err, full) || store.purged.IsZero() {
		t.Errorf("err %v, purged at %v", err, store.purged)
	}
	store.stranded = nil
	if err := newTestService(t, store, nil).Sweep(t.Context(), time.Minute, nil); err != nil {
		t.Errorf("with nothing to do: %v", err)
	}
}

// Targets whose jobs are not lost, only many, do not keep the sweep from the others.
func TestSweepGoesOnWhereTheLastEnded(t *testing.T) {
	t.Parallel()
	store := &stubStore{stranded: make([]Stranded, strandedBatch)}
	last := Stranded{Job{"t1000", "stub"}, now}
	store.stranded[strandedBatch-1] = last
	s := newTestService(t, store, nil)
	sweep := func() {
		if err := s.Sweep(t.Context(), time.Minute, func(context.Context, *sql.Tx, []Job) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	store.stranded = []Stranded{{Job{"t1001", "stub"}, now}}
	sweep()
	sweep()
	if store.after[0] != nil || *store.after[1] != last || store.after[2] != nil {
		t.Errorf("the sweeps began after %v", store.after)
	}
}

// An erasure at risk is logged when its half-time passes, not in every sweep.
func TestSweepWarnsOfRisk(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	var seen []time.Time
	store := &stubStore{risks: func(after, upTo time.Time) []string {
		seen = append(seen, after, upTo)
		return slices.Repeat([]string{"e1"}, maxRiskLines+1)
	}}
	s, err := NewService(store, noQueue, nil, Config{Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Sweep(t.Context(), time.Minute, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(seen, []time.Time{{}, now, now, now}) {
		t.Errorf("the sweeps asked for %v", seen)
	}
	lines, more := strings.Count(log.String(), `level=WARN msg="at risk`), strings.Count(log.String(), `level=WARN msg="more erasures`)
	if lines != 2*maxRiskLines || more != 2 {
		t.Errorf("%d lines and %d hints at more", lines, more)
	}
}
