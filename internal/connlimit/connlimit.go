// Package connlimit bounds the connections of an HTTP server, so that idle ones and
// those of callers without keys keep nobody else out. Internal to this project.
package connlimit

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/internal/clientnet"
)

// Limiter bounds the open connections of one server. It is safe for concurrent use.
//
// A connection is a stranger's until [Conn.Trust]. Beyond the limit, a new connection
// takes the place of older ones: of the strangers in the network that has most of them (see
// [clientnet.Of]), or else of the connection that has been idle longest. If every connection has a request
// of somebody who is trusted, new ones wait to be accepted.
type Limiter struct {
	limit int
	idle  time.Duration
	full  func()

	mu     sync.Mutex
	room   *sync.Cond
	closed bool
	conns  map[*Conn]struct{}
}

// New returns a limiter to a number of connections. A stranger's connection is closed
// after the idle time without a request, even if there is room. full is called, without
// a lock, whenever a connection is closed or waits because of the limit.
func New(limit int, idle time.Duration, full func()) *Limiter {
	l := &Limiter{limit: limit, idle: idle, full: full, conns: map[*Conn]struct{}{}}
	l.room = sync.NewCond(&l.mu)
	return l
}

// Listen returns the listener whose connections are counted. A limiter has one.
func (l *Limiter) Listen(inner net.Listener) net.Listener { return &listener{inner, l} }

type listener struct {
	net.Listener
	limiter *Limiter
}

// Accept returns the next connection for which there is room.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.limiter.admit(conn)
}

// Close also ends waiting for room.
func (l *listener) Close() error {
	l.limiter.mu.Lock()
	l.limiter.closed = true
	l.limiter.room.Broadcast()
	l.limiter.mu.Unlock()
	return l.Listener.Close()
}

// admit waits until there is room for a connection, and makes room if it can.
func (l *Limiter) admit(inner net.Conn) (*Conn, error) {
	c := &Conn{Conn: inner, limiter: l, origin: origin(inner.RemoteAddr())}
	l.mu.Lock()
	full := len(l.conns) >= l.limit
	for len(l.conns) >= l.limit && !l.closed {
		if old := l.toClose(); len(old) > 0 {
			for _, other := range old {
				l.drop(other)
			}
			continue
		}
		l.mu.Unlock()
		l.full() // before it waits, which may take long
		l.mu.Lock()
		for len(l.conns) >= l.limit && !l.closed && len(l.toClose()) == 0 {
			l.room.Wait()
		}
	}
	defer func() {
		if full {
			l.full()
		}
	}()
	defer l.mu.Unlock()
	if l.closed {
		_ = inner.Close()
		return nil, net.ErrClosed
	}
	c.since = time.Now()
	c.timer = time.AfterFunc(l.idle, c.closeIdleStranger)
	l.conns[c] = struct{}{}
	return c, nil
}

// toClose returns the connections to close for a new one. Of strangers it returns some
// more than one, so that a flood does not look for them each time. l.mu is held.
func (l *Limiter) toClose() []*Conn {
	strangers := map[string][]*Conn{}
	most := ""
	var idlest *Conn
	for c := range l.conns {
		switch {
		case !c.trusted:
			strangers[c.origin] = append(strangers[c.origin], c)
			if len(strangers[c.origin]) > len(strangers[most]) {
				most = c.origin
			}
		case c.requests == 0 && (idlest == nil || c.since.Before(idlest.since)):
			idlest = c
		}
	}
	old := strangers[most]
	if len(old) == 0 && idlest != nil {
		return []*Conn{idlest}
	}
	slices.SortFunc(old, func(a, b *Conn) int { return a.since.Compare(b.since) })
	return old[:min(len(old), 1+l.limit/16)]
}

// drop closes a connection. l.mu is held.
func (l *Limiter) drop(c *Conn) {
	delete(l.conns, c)
	c.timer.Stop()
	_ = c.Conn.Close() // does not wait: there is no SO_LINGER
	l.room.Signal()
}

// origin returns what connections of one client have in common: their network or, where
// addresses are no IP addresses, the address.
func origin(address net.Addr) string {
	if address == nil {
		return ""
	}
	if network := clientnet.Of(address.String()); network.IsValid() {
		return network.String()
	}
	return address.String()
}

// Conn is a connection that counts. Its methods besides those of net.Conn do nothing if
// it is nil.
type Conn struct {
	net.Conn
	limiter *Limiter
	origin  string
	timer   *time.Timer

	// Guarded by limiter.mu.
	requests int // in progress
	trusted  bool
	since    time.Time // of the beginning, or the end of the last request
}

// Close closes the connection and makes room for another.
func (c *Conn) Close() error {
	l := c.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.conns[c]; !open {
		return net.ErrClosed
	}
	delete(l.conns, c)
	c.timer.Stop()
	l.room.Signal()
	return c.Conn.Close()
}

// Begin says that a request has begun.
func (c *Conn) Begin() { c.update(func() { c.requests++ }) }

// End says that a request has ended.
func (c *Conn) End() {
	c.update(func() {
		c.requests--
		c.since = time.Now()
		c.limiter.room.Signal() // it may make room now
	})
}

// Trust says that the caller has shown valid keys. The connection is not closed during a
// request then, and as long as others between requests.
func (c *Conn) Trust() { c.update(func() { c.trusted = true }) }

// Distrust makes the connection a stranger's again, of which those that have waited longest
// make room first, with or without a request.
func (c *Conn) Distrust() {
	c.update(func() {
		c.trusted = false
		c.limiter.room.Signal() // it can make room now
	})
}

func (c *Conn) update(change func()) {
	if c == nil {
		return
	}
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	change()
}

// closeIdleStranger is called when a stranger has had the idle time.
func (c *Conn) closeIdleStranger() {
	c.update(func() {
		if _, open := c.limiter.conns[c]; !open || c.trusted {
			return
		}
		left := c.limiter.idle
		if c.requests == 0 {
			left -= time.Since(c.since)
		}
		if left > 0 {
			c.timer.Reset(left)
			return
		}
		c.limiter.drop(c)
	})
}

type contextKey struct{}

// Context returns ctx with the limiter's connection below conn, for [net/http.Server].ConnContext.
func Context(ctx context.Context, conn net.Conn) context.Context {
	for {
		switch c := conn.(type) {
		case *Conn:
			return context.WithValue(ctx, contextKey{}, c)
		case interface{ NetConn() net.Conn }: // such as *tls.Conn
			conn = c.NetConn()
		default:
			return ctx
		}
	}
}

// Of returns the connection of a request, or nil if it does not count.
func Of(ctx context.Context) *Conn {
	c, _ := ctx.Value(contextKey{}).(*Conn)
	return c
}
