package server

import (
	"sync"
	"time"
)

// sampleInterval is how often the same refusal is logged at most.
const sampleInterval = time.Minute

// sampler keeps a flood out of the log. The zero value is ready for use.
type sampler struct {
	mu      sync.Mutex
	next    time.Time
	skipped int
}

// take reports whether to log now, and how many times it has said no since the last time.
func (s *sampler) take() (skipped int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Before(s.next) {
		s.skipped++
		return 0, false
	}
	skipped, s.skipped, s.next = s.skipped, 0, now.Add(sampleInterval)
	return skipped, true
}
