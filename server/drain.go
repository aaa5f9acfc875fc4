package server

import (
	"context"
	"net/http"
	"sync"
)

// drain passes requests to a handler until it is told to begin draining; from then
// on it turns new ones away and waits for those that are in flight, and for calls of
// implementations that outlive their requests.
type drain struct {
	next http.Handler

	mu       sync.Mutex
	active   int // requests in flight
	late     int // calls that were answered for and are still running
	draining bool
	idle     chan struct{} // closed when draining and there is neither
}

func newDrain(next http.Handler) *drain {
	return &drain{next: next, idle: make(chan struct{})}
}

func (d *drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.enter() {
		// The next request must find another server, or the next one.
		w.Header().Set("Connection", "close")
		unavailable.after(retryLater).write(w, newRequestID())
		return
	}
	defer d.leave()
	d.next.ServeHTTP(w, r)
}

func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.draining {
		return false
	}
	d.active++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.active--
	d.closeIfIdle()
}

// begin starts draining. The channel is closed once no request is in flight and no
// late call is running. It is called once.
func (d *drain) begin() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draining = true
	d.closeIfIdle()
	return d.idle
}

func (d *drain) closeIfIdle() {
	if d.draining && d.active == 0 && d.late == 0 {
		close(d.idle)
	}
}

func (d *drain) left() (active, late int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.active, d.late
}

type drainKey struct{}

// within returns a context by which a handler of any depth finds the drain.
func (d *drain) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, drainKey{}, d)
}

// drainOf returns the drain around a request, or nil.
func drainOf(ctx context.Context) *drain {
	d, _ := ctx.Value(drainKey{}).(*drain)
	return d
}

// addLate counts calls that outlive their request, up and down. Without a drain
// there is nothing to count for.
func (d *drain) addLate(n int) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late += n
	d.closeIfIdle()
}
