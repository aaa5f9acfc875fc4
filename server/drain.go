package server

import (
	"context"
	"net/http"
	"sync"

	"github.com/yuno-community/yuno-customers/internal/connlimit"
)

// drain passes requests to a handler until begin is called. After that it turns new
// requests away, and waits for the requests in flight and for calls of
// implementations that outlive their requests.
type drain struct {
	next http.Handler

	mu       sync.Mutex
	active   int // requests in flight
	late     int // calls that are still running after their request was responded to
	draining bool
	idle     chan struct{} // closed when draining and both counts are 0
}

func newDrain(next http.Handler) *drain {
	return &drain{next: next, idle: make(chan struct{})}
}

func (d *drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.enter() {
		// The client's next request must reach another server, or this one's
		// successor.
		w.Header().Set("Connection", "close")
		unavailable.withRetryAfter(retryLater).write(w, r, newRequestID())
		return
	}
	defer d.leave()
	conn := connlimit.Of(r.Context())
	conn.Begin()
	defer conn.End()
	if framingOf(r.Context()).isAmbiguous(w) {
		ambiguousLength.write(w, r, newRequestID())
		return
	}
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
// late call is running. It must be called at most once.
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

func (d *drain) remaining() (active, late int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.active, d.late
}

type drainKey struct{}

// withDrain returns a context in which drainOf finds d, however deeply handlers are
// nested.
func withDrain(ctx context.Context, d *drain) context.Context {
	return context.WithValue(ctx, drainKey{}, d)
}

// drainOf returns the drain around a request, or nil.
func drainOf(ctx context.Context) *drain {
	d, _ := ctx.Value(drainKey{}).(*drain)
	return d
}

// addLate adds n to the number of calls that outlive their request. A nil drain
// counts nothing: only [Serve] waits for them.
func (d *drain) addLate(n int) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late += n
	d.closeIfIdle()
}
