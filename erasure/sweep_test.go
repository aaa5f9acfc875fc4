package erasure

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestSweep(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	store := &stubStore{
		stranded: []Job{{"t1", "stub"}, {"t2", "stub"}},
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
	}
	s, err := NewService(store, nil, nil, Config{
		Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var enqueued []Job
	err = s.Sweep(t.Context(), time.Minute, func(_ context.Context, jobs []Job) error {
		enqueued = jobs
		return nil
	})
	if err != nil || len(enqueued) != 2 || !store.purged.Equal(now) {
		t.Errorf("enqueued %v, purged at %v, %v", enqueued, store.purged, err)
	}
	for _, want := range []string{
		`level=ERROR msg="failed: the deadline passed" target=t3 provider=stub`,
		`level=WARN msg="needs a person: a doubt lasted too long" target=t4 provider=stub`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
}

// A step that fails does not keep the others from being made.
func TestSweepMakesEveryStep(t *testing.T) {
	t.Parallel()
	store := &stubStore{stranded: []Job{{"t1", "stub"}}}
	full := errors.New("the queue is full")
	err := newTestService(t, store, nil).Sweep(t.Context(), time.Minute, func(context.Context, []Job) error { return full })
	if !errors.Is(err, full) || store.purged.IsZero() {
		t.Errorf("err %v, purged at %v", err, store.purged)
	}
	store.stranded = nil
	if err := newTestService(t, store, nil).Sweep(t.Context(), time.Minute, nil); err != nil {
		t.Errorf("with nothing to do: %v", err)
	}
}
