package server

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// framingListener finds requests whose length two headers declare. A proxy and this
// server could disagree about where such a request ends, and take a part of its body for
// somebody's next request. net/http drops Content-Length then, and no handler sees it, so
// the connection looks at the bytes. Within TLS it cannot.
type framingListener struct{ net.Listener }

// Accept implements [net.Listener].
func (l framingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &framingConn{Conn: conn}, nil
}

// framingConn looks at the header sections that are read from it, up to the first with a
// Transfer-Encoding or a body. That request closes the connection, whatever its handler
// does: the contract has no bodies, and what follows is not looked at.
type framingConn struct {
	net.Conn

	// Of the reader, which is one at a time.
	line      []byte // what has come of the current one, up to maxLine bytes
	heads     int64  // sections that have ended
	lines     int    // of the current section
	hasLength bool
	hasBody   bool
	hasCoding bool
	ended     bool

	// Of requests, of which there is one at a time.
	requests int64

	last      atomic.Int64 // the number of the request with a body; 0 for none
	ambiguous atomic.Bool  // it has both headers
}

// maxLine is how much of a line matters: a name and a short value.
const maxLine = 48

// NetConn returns the connection below.
func (c *framingConn) NetConn() net.Conn { return c.Conn }

// Read implements [net.Conn].
func (c *framingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for rest := p[:n]; len(rest) > 0 && !c.ended; {
		part, after, whole := bytes.Cut(rest, []byte("\n"))
		c.line = append(c.line, part[:min(len(part), maxLine-len(c.line))]...)
		if whole {
			c.endLine()
		}
		rest = after
	}
	return n, err
}

func (c *framingConn) endLine() {
	line, whole := strings.TrimRight(string(c.line), "\r"), len(c.line) < maxLine
	c.line = c.line[:0]
	switch {
	case line == "" && c.lines > 0:
		c.endHead()
		return
	case line == "": // net/http skips it between requests, or refuses the request
		return
	}
	c.lines++
	switch name, value, _ := strings.Cut(line, ":"); {
	case strings.EqualFold(name, "Content-Length"):
		c.hasLength = true
		c.hasBody = c.hasBody || !whole || strings.Trim(value, " \t0") != ""
	case strings.EqualFold(name, "Transfer-Encoding"):
		c.hasCoding = true
	}
}

func (c *framingConn) endHead() {
	c.heads++
	if c.ended = c.hasCoding || c.hasBody; c.ended {
		c.ambiguous.Store(c.hasCoding && c.hasLength)
		c.last.Store(c.heads)
	}
	c.lines, c.hasLength, c.hasBody, c.hasCoding = 0, false, false, false
}

// isAmbiguous reports whether the next request of the connection has both headers. It
// must be called once for each request. Any request with a body closes the connection: see
// framingConn.
func (c *framingConn) isAmbiguous(w http.ResponseWriter) bool {
	if c == nil {
		return false
	}
	c.requests++
	if c.last.Load() != c.requests {
		return false
	}
	w.Header().Set("Connection", "close")
	return c.ambiguous.Load()
}

// framingOf returns the connection of a request, or nil if it does not look at bytes.
func framingOf(ctx context.Context) *framingConn { return scopeOf[*framingConn](ctx) }
