package providersim

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// A Fault is one way in which a request can go wrong. The zero Fault is no fault.
type Fault struct {
	kind       kind
	status     int
	retryAfter time.Duration
	pause      time.Duration
}

type kind int

const (
	none kind = iota
	fail
	hang
	resetBefore
	resetAfter
	hangAfter
	wrong
	slow
	huge
	page
	redirect
	notFoundPage
	switching
	pretend
)

// OK is no fault.
func OK() Fault { return Fault{} }

// Fail responds with this status and deletes nothing.
func Fail(status int) Fault { return Fault{kind: fail, status: status} }

// RateLimited responds with 429 and deletes nothing. Retry-After is after in whole
// seconds; there is none if after is zero.
func RateLimited(after time.Duration) Fault {
	return Fault{kind: fail, status: http.StatusTooManyRequests, retryAfter: after}
}

// Unavailable responds with 503 and deletes nothing. Retry-After is after in whole
// seconds; there is none if after is zero.
func Unavailable(after time.Duration) Fault {
	return Fault{kind: fail, status: http.StatusServiceUnavailable, retryAfter: after}
}

// Hang sends no response until the client gives up, and deletes nothing.
func Hang() Fault { return Fault{kind: hang} }

// HangAfter deletes, and then sends no response until the client gives up.
func HangAfter() Fault { return Fault{kind: hangAfter} }

// ResetBefore resets the TCP connection without deleting.
func ResetBefore() Fault { return Fault{kind: resetBefore} }

// ResetAfter deletes, and then resets the TCP connection: the response is lost.
func ResetAfter() Fault { return Fault{kind: resetAfter} }

// Wrong deletes nothing and responds with 200 and an error in the body, in the
// provider's format. If the provider has no such format, the body is made up.
func Wrong() Fault { return Fault{kind: wrong} }

// SlowBody deletes and sends the body one byte at a time, with a pause before
// each. A response without a body, such as 204, is not slow.
func SlowBody(pause time.Duration) Fault { return Fault{kind: slow, pause: pause} }

// HugeBody responds with 200 and a body of 1 MiB, and deletes nothing.
func HugeBody() Fault { return Fault{kind: huge} }

// Page responds with 200 and HTML, as a proxy or captive portal does, and deletes
// nothing.
func Page() Fault { return Fault{kind: page} }

// Redirect responds with 302 to another path of the simulator, and deletes nothing.
func Redirect() Fault { return Fault{kind: redirect} }

// NotFoundPage responds with 404 and HTML, as a server does that knows no such path, and
// deletes nothing.
func NotFoundPage() Fault { return Fault{kind: notFoundPage} }

// Switching responds with 101 Switching Protocols and keeps the connection open until the
// client closes it. It deletes nothing.
func Switching() Fault { return Fault{kind: switching} }

// Pretend responds as if it had deleted, and deletes nothing.
func Pretend() Fault { return Fault{kind: pretend} }

// instead responds without deleting. It returns false if the fault lets the
// deletion happen.
func (f Fault) instead(w http.ResponseWriter, r *http.Request, call Call) bool {
	switch f.kind {
	case fail:
		if f.retryAfter > 0 {
			w.Header().Set("Retry-After", wire.FormatRetryAfter(f.retryAfter))
		}
		Response{f.status, `{"error":"simulated"}`}.write(w)
	case hang:
		hold(r)
	case resetBefore:
		reset(w)
	case huge:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20))
	case page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>Please sign in</body></html>"))
	case notFoundPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("<html><body>Not Found</body></html>"))
	case switching:
		switchProtocols(w, r)
	case wrong:
		call.Wrong.write(w)
	case redirect:
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	default:
		return false
	}
	return true
}

// afterwards sends the response to a deletion.
func (f Fault) afterwards(w http.ResponseWriter, r *http.Request, resp Response) {
	switch f.kind {
	case resetAfter:
		reset(w)
	case hangAfter:
		hold(r)
	case slow:
		resp.writeSlowly(w, r, f.pause)
	default:
		resp.write(w)
	}
}

// hold waits until the client gives up or the simulator closes, and then aborts
// the connection. Returning would send 200.
func hold(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// reset makes the kernel send RST rather than FIN.
func reset(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // closes the connection, which is as good
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// switchProtocols responds with 101 and then waits until the client or the simulator
// closes the connection.
func switchProtocols(w http.ResponseWriter, r *http.Request) {
	connection, stream, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer connection.Close()
	stop := context.AfterFunc(r.Context(), func() { _ = connection.Close() })
	defer stop()
	_, _ = connection.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: simulated\r\n\r\n"))
	_, _ = io.Copy(io.Discard, stream)
}

func (r Response) write(w http.ResponseWriter) {
	r.writeHeader(w)
	_, _ = w.Write([]byte(r.Body))
}

func (r Response) writeHeader(w http.ResponseWriter) {
	if r.Body != "" {
		w.Header().Set("Content-Type", "application/json")
		if r.Body[0] == '<' {
			w.Header().Set("Content-Type", "application/xml")
		}
	}
	w.WriteHeader(r.Status)
}

func (r Response) writeSlowly(w http.ResponseWriter, req *http.Request, pause time.Duration) {
	w.Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	r.writeHeader(w)
	flusher := http.NewResponseController(w)
	for i := range len(r.Body) {
		select {
		case <-time.After(pause):
		case <-req.Context().Done():
			return
		}
		_, _ = w.Write([]byte{r.Body[i]})
		_ = flusher.Flush()
	}
}
