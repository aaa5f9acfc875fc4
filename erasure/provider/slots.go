package provider

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// slots is a semaphore whose size changes while it is used, first come, first served.
type slots struct {
	mu      sync.Mutex
	size    int
	until   time.Time // from when on no slot is given; zero for never
	used    int
	waiting []chan struct{} // closed once a slot is given
}

var errNoSlot = errors.New("no slot in time")

// take waits for a slot. It fails if ctx ends or giveUp is closed first.
func (s *slots) take(ctx context.Context, giveUp <-chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	given := make(chan struct{})
	s.mu.Lock()
	s.waiting = append(s.waiting, given)
	s.give()
	s.mu.Unlock()
	select {
	case <-given:
		return nil
	case <-giveUp:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.waiting, given); i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	} else { // given meanwhile
		s.used--
	}
	s.give()
	return cmp.Or(ctx.Err(), errNoSlot)
}

func (s *slots) free() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	s.give()
}

// resize sets how many slots there are until a time, or for good if that is zero. It
// returns how many are used, which is more for a while if there are fewer than before.
func (s *slots) resize(size int, until time.Time) (used int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size, s.until = size, until
	s.give()
	return s.used
}

// give gives the slots that are free. The caller has locked s.
func (s *slots) give() {
	for len(s.waiting) > 0 && s.used < s.size && !s.overLocked() {
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
		s.used++
	}
}

// over reports whether the time of the slots is over.
func (s *slots) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.overLocked()
}

func (s *slots) overLocked() bool {
	// The monotonic clock stops while the machine sleeps.
	return !s.until.IsZero() && !time.Now().Round(0).Before(s.until.Round(0))
}
