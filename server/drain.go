package server

import (
	"net/http"
	"sync"
	"time"
)

// retryAfterShutdown is about what a restart, or a load balancer's next look, takes.
const retryAfterShutdown = 5 * time.Second

// drain passes requests to a handler until it is told to begin draining; from then
// on it turns new ones away and waits for those that are in flight.
type drain struct {
	next http.Handler

	mu       sync.Mutex
	active   int
	draining bool
	idle     chan struct{} // closed when draining and none is in flight
}

func newDrain(next http.Handler) *drain {
	return &drain{next: next, idle: make(chan struct{})}
}

func (d *drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.enter() {
		// The next request must find another server, or the next one.
		w.Header().Set("Connection", "close")
		unavailable.after(retryAfterShutdown).write(w, newRequestID())
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

// begin starts draining. The channel is closed once no request is in flight. It is
// called once.
func (d *drain) begin() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draining = true
	d.closeIfIdle()
	return d.idle
}

func (d *drain) closeIfIdle() {
	if d.draining && d.active == 0 {
		close(d.idle)
	}
}

func (d *drain) inFlight() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.active
}
