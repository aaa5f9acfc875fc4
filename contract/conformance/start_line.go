package conformance

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// startLine holds requests back until all of them are ready to be written, each to a
// connection of its own, and then writes them one after the other, from one goroutine.
//
// Requests that goroutines begin together reach the target as they are scheduled: on a
// busy machine the first has its response before the last is written. To find races of
// less than a millisecond, the writes themselves have to be side by side.
type startLine struct {
	mu       sync.Mutex
	missing  int // requests that are neither held nor over
	held     []*heldConn
	released bool
}

func newStartLine(requests int) *startLine { return &startLine{missing: requests} }

// through makes a transport open the connections that the line needs. The transport must
// be a new one.
func (l *startLine) through(t *http.Transport) *http.Transport {
	var dialer net.Dialer
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &heldConn{Conn: conn}, nil
	}
	return t
}

// hold returns an edit that holds a request back once it has a connection, after any
// handshake of TLS; and a function to call when the request is over, because one that got
// no connection must not hold the others back. A request that is sent again is not held.
func (l *startLine) hold() (held edit, over func()) {
	over = sync.OnceFunc(l.arrive)
	held = func(r *http.Request) {
		trace := httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			conn := info.Conn
			if secure, ok := conn.(*tls.Conn); ok {
				conn = secure.NetConn()
			}
			if conn, ok := conn.(*heldConn); ok && !info.Reused && l.add(conn) {
				conn.written = over
			}
		}}
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), &trace))
	}
	return held, over
}

// add holds what will be written to a connection, and reports whether it does.
func (l *startLine) add(conn *heldConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.released {
		return false
	}
	conn.holds = true
	l.held = append(l.held, conn)
	return true
}

// arrive counts a request that is ready or over, and releases all of them after the last.
func (l *startLine) arrive() {
	l.mu.Lock()
	l.missing--
	last := l.missing == 0
	l.mu.Unlock()
	if last {
		l.release()
	}
}

// release writes the requests that are ready, and holds back no other.
func (l *startLine) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = true
	for _, conn := range l.held {
		conn.release()
	}
	l.held = nil
}

// heldConn is a connection that can keep what is written to it.
type heldConn struct {
	net.Conn
	written func() // called when something was kept; nil if nothing is to be

	mu    sync.Mutex
	holds bool
	text  []byte
}

// Write implements [net.Conn].
func (c *heldConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	if !c.holds {
		c.mu.Unlock()
		return c.Conn.Write(p)
	}
	c.text = append(c.text, p...)
	c.mu.Unlock()
	c.written() // may release this connection
	return len(p), nil
}

// release writes what was kept. An error becomes a response that does not come.
func (c *heldConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds = false
	if len(c.text) > 0 {
		_, _ = c.Conn.Write(c.text)
	}
	c.text = nil
}
