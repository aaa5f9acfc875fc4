package bulk

import (
	"context"
	"sync"
	"time"
)

const (
	// maxAhead bounds how many records are noted as about to be sent and have no
	// result yet: after a kill, nobody knows which of them were sent.
	maxAhead = 2048
	// aheadTime is how long they should take to send, as fast as they were sent
	// lately. A disk that takes longer than that to sync slows a run down.
	aheadTime = time.Second
	// aheadGrowth is how many times as many there may be as before, after those
	// before went quickly.
	aheadGrowth = 4
)

// ahead decides how many records may be noted as about to be sent. It begins with
// one for each worker, and follows what the workers get done in a second. It is safe
// for concurrent use.
type ahead struct {
	least int // one for each worker
	freed chan struct{}

	mu    sync.Mutex
	noted int // without a result
	limit int
	done  int // results since
	since time.Time
}

func newAhead(workers int) *ahead {
	return &ahead{least: workers, limit: workers, freed: make(chan struct{}, 1), since: time.Now()}
}

// room waits until records may be noted, and returns how many; 0 when ctx ends.
func (a *ahead) room(ctx context.Context) int {
	for ctx.Err() == nil {
		if n, ok := a.free(); ok {
			return n
		}
		select {
		case <-a.freed:
		case <-ctx.Done():
		}
	}
	return 0
}

func (a *ahead) free() (n int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.limit - a.noted, a.worthwhile()
}

// worthwhile reports whether enough may be noted for a sync of its own: anything,
// if a worker would wait for it, or else half of what there can be beyond the
// workers' own. The caller holds the lock.
func (a *ahead) worthwhile() bool {
	return a.limit-a.noted >= max(1, (a.limit-a.least)/2)
}

// add tells that so many were noted.
func (a *ahead) add(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.noted += n
}

// finished tells that one of them has a result, or was taken back.
func (a *ahead) finished() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.noted--
	a.done++
	now := time.Now()
	if took := now.Sub(a.since); a.done >= a.limit || took >= aheadTime {
		a.adjust(took)
		a.done, a.since = 0, now
	}
	if a.worthwhile() {
		select {
		case a.freed <- struct{}{}:
		default:
		}
	}
}

// adjust follows the present rate. The caller holds the lock.
func (a *ahead) adjust(took time.Duration) {
	most := min(aheadGrowth*a.limit, max(maxAhead, a.least))
	lately := most
	if took > 0 {
		lately = int(min(float64(a.done)*float64(aheadTime)/float64(took), float64(most)))
	}
	a.limit = max(lately, a.least)
}
