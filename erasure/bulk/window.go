package bulk

import (
	"context"
	"sync"
	"time"
)

const (
	// maxWindow bounds how many records are journalled as about to be sent and have no
	// result yet. A kill leaves all of them ambiguous.
	maxWindow = 2048
	// windowTime is how long sending them should take at the latest rate. A disk that
	// takes longer than that to sync slows a run down.
	windowTime = time.Second
	// windowGrowth is by how much the window may grow at once, after the records in it
	// were finished quickly.
	windowGrowth = 4
)

// window decides how many records may be journalled as about to be sent. It starts at
// one per worker, and follows what the workers finish in a second. It is safe for
// concurrent use.
type window struct {
	least int // one per worker
	freed chan struct{}

	mu    sync.Mutex
	open  int // records that have no result yet
	limit int
	done  int // results since the limit was last adjusted
	since time.Time
}

func newWindow(workers int) *window {
	return &window{least: workers, limit: workers, freed: make(chan struct{}, 1), since: time.Now()}
}

// room waits until records may be journalled, and returns how many; 0 when ctx ends.
func (w *window) room(ctx context.Context) int {
	for ctx.Err() == nil {
		if n, ok := w.free(); ok {
			return n
		}
		select {
		case <-w.freed:
		case <-ctx.Done():
		}
	}
	return 0
}

func (w *window) free() (n int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit - w.open, w.worthwhile()
}

// worthwhile reports whether there is room for enough records to justify a sync: any
// room, if a worker would have to wait for it; otherwise half of what the window has
// beyond one per worker. The caller holds the lock.
func (w *window) worthwhile() bool {
	return w.limit-w.open >= max(1, (w.limit-w.least)/2)
}

// add records that n more records were journalled.
func (w *window) add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open += n
}

// finished records that one of them has a result, or was taken back.
func (w *window) finished() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	w.done++
	now := time.Now()
	if took := now.Sub(w.since); w.done >= w.limit || took >= windowTime {
		w.adjust(took)
		w.done, w.since = 0, now
	}
	if w.worthwhile() {
		select {
		case w.freed <- struct{}{}:
		default:
		}
	}
}

// adjust sets the limit to what was finished per second. The caller holds the lock.
func (w *window) adjust(took time.Duration) {
	most := min(windowGrowth*w.limit, max(maxWindow, w.least))
	latest := most
	if took > 0 {
		latest = int(min(float64(w.done)*float64(windowTime)/float64(took), float64(most)))
	}
	w.limit = max(latest, w.least)
}
