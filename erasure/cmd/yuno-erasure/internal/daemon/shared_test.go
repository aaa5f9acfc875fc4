package daemon

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A thousand who ask while a computation runs cost one more.
func TestSharedComputesOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		running, computed := 0, 0
		s := newShared(func() int {
			if running++; running > 1 {
				t.Error("two computations at the same time")
			}
			time.Sleep(time.Second)
			running--
			computed++
			return computed
		}, atMostATwentieth(time.Second, 5*time.Second))
		start := time.Now()
		ask := func(want int, after time.Duration) {
			if got, err := s.get(t.Context()); got != want || err != nil {
				t.Errorf("got %d, %v, want the value of computation %d", got, err, want)
			}
			if took := time.Since(start); took != after {
				t.Errorf("after %v, want %v", took, after)
			}
		}
		var asking sync.WaitGroup
		asking.Go(func() { ask(1, time.Second) })
		time.Sleep(time.Second / 2)
		for range 1000 { // what the first computation saw may be out of date
			asking.Go(func() { ask(2, 7*time.Second) }) // 1 s, the longest pause, 1 s
		}
		asking.Wait()
		time.Sleep(time.Minute)
		start = time.Now()
		ask(3, time.Second)
	})
}

// Who has stopped waiting costs nothing.
func TestSharedComputesForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		computed := 0
		s := newShared(func() int { computed++; return computed }, atMostATwentieth(time.Second, time.Second))
		if got, err := s.get(t.Context()); got != 1 || err != nil {
			t.Fatalf("got %d, %v", got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := s.get(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
		time.Sleep(time.Minute)
		if got, err := s.get(t.Context()); got != 2 || err != nil {
			t.Errorf("got %d, %v, want the value of computation 2", got, err)
		}
	})
}

// A panic is the caller's, whose request ends by it, and the next caller gets a value.
func TestSharedPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		computed := 0
		s := newShared(func() int {
			if computed++; computed == 1 {
				panic("a collector is broken")
			}
			return computed
		}, atMostATwentieth(time.Second, time.Second))
		func() {
			defer func() {
				if got := recover(); got != "a collector is broken" {
					t.Errorf("recovered %v", got)
				}
			}()
			_, _ = s.get(t.Context())
		}()
		if got, err := s.get(t.Context()); got != 2 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
	})
}

func TestPauseOfAComputation(t *testing.T) {
	t.Parallel()
	pause := atMostATwentieth(200*time.Millisecond, 5*time.Second)
	for took, want := range map[time.Duration]time.Duration{
		0: 200 * time.Millisecond, 100 * time.Millisecond: 1900 * time.Millisecond, time.Minute: 5 * time.Second,
	} {
		if got := pause(took); got != want {
			t.Errorf("after %v: %v, want %v", took, got, want)
		}
	}
}
