package daemon

import (
	"context"
	"sync"
	"time"
)

// shared computes a value for all callers that ask for it, so that it costs the same
// however many ask. A caller gets a value whose computation began after it asked, as do all
// others that have asked until then. There is one computation at a time, and between two
// there is a pause.
type shared[T any] struct {
	compute func() T
	// pause is how long the next computation waits after one that took so long.
	pause func(took time.Duration) time.Duration

	turn     chan struct{} // of the computation; holds one value unless there is one
	earliest time.Time     // of the next one; guarded by turn

	mu   sync.Mutex
	next *computation[T] // that has not begun; nil if nobody has asked for it
}

type computation[T any] struct {
	waiting  int // guarded by shared.mu
	value    T
	panicked any           // what compute panicked with, or nil
	done     chan struct{} // closed when value or panicked is set
}

func newShared[T any](compute func() T, pause func(took time.Duration) time.Duration) *shared[T] {
	s := &shared[T]{compute: compute, pause: pause, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

// get returns a value, or the error of ctx.
func (s *shared[T]) get(ctx context.Context) (value T, err error) {
	s.mu.Lock()
	c := s.next
	if c == nil {
		c = &computation[T]{done: make(chan struct{})}
		s.next = c
		go s.run(c)
	}
	c.waiting++
	s.mu.Unlock()
	select {
	case <-c.done:
		if c.panicked != nil {
			panic(c.panicked) // in the handler, where it ends one request and not the process
		}
		return c.value, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.waiting--
	return value, ctx.Err()
}

func (s *shared[T]) run(c *computation[T]) {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	<-time.After(time.Until(s.earliest))
	s.mu.Lock()
	s.next = nil
	wanted := c.waiting > 0
	s.mu.Unlock()
	if !wanted { // the database may be closed by now
		return
	}
	start := time.Now()
	s.fill(c)
	s.earliest = time.Now().Add(s.pause(time.Since(start)))
	close(c.done)
}

// fill computes the value.
func (s *shared[T]) fill(c *computation[T]) {
	defer func() { c.panicked = recover() }()
	c.value = s.compute()
}

// atMostATwentieth returns pauses that leave a computation a twentieth of the time, within
// bounds.
func atMostATwentieth(shortest, longest time.Duration) func(took time.Duration) time.Duration {
	return func(took time.Duration) time.Duration { return min(max(19*took, shortest), longest) }
}
