package bulk

import (
	"context"
	"sync"
	"time"
)

// gate decides how many workers send at once: all of them or, while the service is away,
// one from time to time. When it is back, each success lets one more in, so that a
// service that has just started is not met by all of them. It is safe for concurrent use.
type gate struct {
	most int

	mu      sync.Mutex
	limit   int
	inside  int       // workers that have entered since the gate was last narrowed
	round   int       // how often it was narrowed
	from    time.Time // nobody enters before
	changed chan struct{}
}

func newGate(workers int) *gate {
	return &gate{most: workers, limit: workers, changed: make(chan struct{})}
}

// enter waits until a worker may send, or until ctx ends. The worker has to leave with
// the round that it entered in.
func (g *gate) enter(ctx context.Context) (round int) {
	for {
		round, wait, changed := g.try(ctx.Err() != nil)
		if changed == nil {
			return round
		}
		waitFor(ctx, wait, changed)
	}
}

// try lets a worker in, or returns what it has to wait for: the change or, if wait is not
// 0, that time.
func (g *gate) try(always bool) (round int, wait time.Duration, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside < g.limit {
		wait = max(0, time.Until(g.from))
	}
	if always || g.inside < g.limit && wait == 0 {
		g.inside++
		return g.round, 0, nil
	}
	return 0, wait, g.changed
}

// waitFor waits for a change, for d unless it is 0, or until ctx ends.
func waitFor(ctx context.Context, d time.Duration, changed <-chan struct{}) {
	var after <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-changed:
	case <-after:
	case <-ctx.Done():
	}
}

// leave is called when a worker has sent.
func (g *gate) leave(round int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if round != g.round {
		return
	}
	g.inside--
	if g.limit < g.most {
		g.notify()
	}
}

// narrow lets one worker in, not before the given time, however many are inside. It starts a
// round.
func (g *gate) narrow(from time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.round++
	g.limit, g.inside, g.from = 1, 0, from
}

// delay lets nobody in before the given time.
func (g *gate) delay(from time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.from = from
}

// widen lets one more worker in than before.
func (g *gate) widen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit < g.most {
		g.limit, g.from = g.limit+1, time.Time{}
		g.notify()
	}
}

// open lets all workers in.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit, g.from = g.most, time.Time{}
	g.notify()
}

// isCurrent reports whether a round is the present one.
func (g *gate) isCurrent(round int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return round == g.round
}

// notify lets waiting workers look again. The caller holds the lock.
func (g *gate) notify() {
	close(g.changed)
	g.changed = make(chan struct{})
}
