package erasure

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// limited is a Limited provider that is called "stub".
type limited struct {
	stubProvider
	concurrency int
	used        int
	sizes       []int // that were set, each once in a row
	until       time.Time
	checks      int
}

func (l *limited) Concurrency() int { return l.concurrency }

func (l *limited) SetSlots(n int, until time.Time) int {
	if len(l.sizes) == 0 || l.sizes[len(l.sizes)-1] != n {
		l.sizes = append(l.sizes, n)
	}
	l.until = until
	return l.used
}

var errGivenUp = errors.New("given up")

func (l *limited) Enter(ctx context.Context, giveUp <-chan struct{}) (context.Context, func(), error) {
	select {
	case <-giveUp:
		return nil, nil, errGivenUp
	default:
		l.used++
		return ctx, func() { l.used-- }, nil
	}
}

func (l *limited) Check(context.Context) Outcome {
	l.checks++
	return proven
}

// unlimited is a provider that is not Limited.
type unlimited struct{ stubProvider }

func (unlimited) Name() string { return "unlimited" }

func TestABeatRenewsTheSlots(t *testing.T) {
	t.Parallel()
	store, l := &stubStore{}, &limited{concurrency: 8}
	clock := now
	s, err := NewService(store, noQueue, []Provider{l, unlimited{}}, Config{Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	beat := func(slots int, held ...int) {
		t.Helper()
		clock = clock.Add(5 * time.Second)
		store.slots, store.slotRequests = slots, nil
		if _, err := s.Beat(t.Context(), nil, func(f func()) { f() }); err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, r := range store.slotRequests {
			if r.Process != s.process || r.HeartbeatTimeout != DefaultHeartbeatTimeout || len(r.Connections) != 1 ||
				r.Connections[0].Connection != "stub" || r.Connections[0].Concurrency != 8 {
				t.Errorf("asked %+v", r)
			}
			got = append(got, r.Connections[0].Held)
		}
		if !slices.Equal(got, held) || !l.until.Equal(clock.Add(DefaultHeartbeatTimeout/2)) {
			t.Errorf("held %v, want %v; until %v at %v", got, held, l.until, clock)
		}
	}
	beat(0, 0)
	if l.checks != 0 {
		t.Error("checked without a slot")
	}
	if _, _, err := s.Enter(t.Context(), "stub", nil); !errors.Is(err, errSlotless) || l.used != 0 {
		t.Errorf("got %v without a slot, %d used", err, l.used)
	}
	beat(8, 0)
	if l.checks != 1 {
		t.Errorf("%d checks", l.checks)
	}
	_, leave, err := s.Enter(t.Context(), "stub", nil)
	if err != nil || l.used != 1 {
		t.Fatalf("%v, %d used", err, l.used)
	}
	l.used = 6
	beat(4, 8, 6) // what it gives up is said at once, as far as it is free
	beat(4, 6)
	l.used = 3
	beat(4, 4)
	if want := []int{0, 8, 4}; !slices.Equal(l.sizes, want) {
		t.Errorf("set %v, want %v", l.sizes, want)
	}
	leave()
	if l.used != 2 {
		t.Errorf("%d used", l.used)
	}

	closed := make(chan struct{})
	close(closed)
	if _, _, err := s.Enter(t.Context(), "stub", closed); !errors.Is(err, errGivenUp) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"unlimited", "unknown", ""} {
		ctx, leave, err := s.Enter(t.Context(), name, closed)
		if err != nil || ctx != t.Context() {
			t.Fatalf("%q: %v", name, err)
		}
		leave()
	}
	if err := s.Leave(t.Context()); err != nil || store.left != s.process {
		t.Errorf("%v, %q has left", err, store.left)
	}
}
