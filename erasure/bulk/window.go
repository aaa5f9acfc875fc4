package bulk

import (
	"context"
	"sync"
	"time"
)

const (
	// maxWindow bounds how many records are journalled as about to be sent and have no
	// result yet. A kill leaves all of them ambiguous. Only a disk that takes long to
	// sync needs that many: usualWindow is enough for one that does not.
	maxWindow   = 16384
	usualWindow = 2048
	// windowTime is how long sending them should take at the rate of the service.
	windowTime = time.Second
	// windowSyncs is how many syncs of the journal sending them should take, if that is
	// longer: one while the records of the window's first half are sent, and one more
	// because no two syncs take the same time.
	windowSyncs = 3
	// windowGrowth is by how much the window may grow at once, after a part of the records
	// in it were finished quickly: windowSample says which part. The window starts small,
	// and until it has grown every group costs a sync that the workers wait for.
	windowGrowth = 64
	windowSample = 4
)

// window decides how many records may be journalled as about to be sent. It starts at
// one per worker, and follows what the workers could finish in a second, or in the time
// that a few syncs of the journal take. It measures that rate while a worker has a record:
// the rate of a run that waits for its disk would say nothing about the service, and a
// window that follows it would be smaller, so that the run waits more often. It is safe
// for concurrent use.
type window struct {
	least int // one per worker
	most  int
	freed chan struct{}

	mu       sync.Mutex
	open     int // records that have no result yet
	limit    int
	measured bool          // limit was adjusted
	syncTime time.Duration // what noting records took lately

	// Since the limit was last adjusted:
	since    time.Time
	done     int           // results; -1 before the first, which the rate is measured from
	worked   time.Duration // how long any worker had a record, up to workFrom
	working  int           // workers that have one now
	workFrom time.Time     // since when any worker has had one, if any has
}

func newWindow(workers int) *window {
	return &window{least: workers, most: max(maxWindow, workers), limit: workers, freed: make(chan struct{}, 1), since: time.Now(), done: -1}
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
// beyond one per worker. There soon is more room than at the very beginning. The caller
// holds the lock.
func (w *window) worthwhile() bool {
	if !w.measured {
		return w.open == 0
	}
	return w.limit-w.open >= max(1, (w.limit-w.least)/2)
}

// add records that n more records were journalled, and how long that took.
func (w *window) add(n int, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open += n
	// A slow sync is remembered for a while: on a busy disk the next one is too.
	w.syncTime = max(took, w.syncTime*7/8)
}

// started records that a worker has taken one of them.
func (w *window) started() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.working == 0 {
		w.workFrom = time.Now()
	}
	w.working++
}

// finished records that a worker's record has a result, or was taken back.
func (w *window) finished() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.worked += now.Sub(w.workFrom)
	w.workFrom = now
	w.working--
	w.open--
	w.done++
	if windowSample*w.done >= w.limit || now.Sub(w.since) >= windowTime {
		w.adjust()
		w.done, w.worked, w.since = 0, 0, now
	}
	if w.worthwhile() {
		select {
		case w.freed <- struct{}{}:
		default:
		}
	}
}

// recall records that n of them are not about to be sent any more, because the service is
// away, and starts over.
func (w *window) recall(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open -= n
	w.limit, w.done, w.worked, w.since = w.least, 0, 0, time.Now()
	if w.worthwhile() {
		select {
		case w.freed <- struct{}{}:
		default:
		}
	}
}

// adjust sets the limit to what the workers could finish in a second, or in a few syncs.
// The caller holds the lock.
func (w *window) adjust() {
	most := min(windowGrowth*w.limit, w.most)
	latest := float64(most)
	if w.worked > 0 {
		rate := float64(max(0, w.done)) / w.worked.Seconds()
		latest = min(latest, max(min(rate*windowTime.Seconds(), usualWindow), rate*windowSyncs*w.syncTime.Seconds()))
	}
	w.limit, w.measured = max(int(latest), w.least), true
}
