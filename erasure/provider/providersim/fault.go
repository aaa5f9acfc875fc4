package providersim

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"
)

// A Fault is one way in which a request can go wrong. The zero Fault is none.
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
)

// OK is no fault.
func OK() Fault { return Fault{} }

// Fail answers with this status and deletes nothing.
func Fail(status int) Fault { return Fault{kind: fail, status: status} }

// RateLimited answers 429, with Retry-After in whole seconds unless after is
// zero, and deletes nothing.
func RateLimited(after time.Duration) Fault {
	return Fault{kind: fail, status: http.StatusTooManyRequests, retryAfter: after}
}

// Unavailable answers 503, with Retry-After in whole seconds unless after is
// zero, and deletes nothing.
func Unavailable(after time.Duration) Fault {
	return Fault{kind: fail, status: http.StatusServiceUnavailable, retryAfter: after}
}

// Hang answers nothing until the client gives up, and deletes nothing.
func Hang() Fault { return Fault{kind: hang} }

// HangAfter deletes and then answers nothing until the client gives up.
func HangAfter() Fault { return Fault{kind: hangAfter} }

// ResetBefore resets the TCP connection without deleting.
func ResetBefore() Fault { return Fault{kind: resetBefore} }

// ResetAfter deletes, and then resets the TCP connection: a lost answer.
func ResetAfter() Fault { return Fault{kind: resetAfter} }

// Wrong deletes nothing and says so in the provider's way with status 200: an
// error in the body. Where a provider has no such way it is any 200.
func Wrong() Fault { return Fault{kind: wrong} }

// SlowBody deletes and answers one byte at a time, with a pause before each.
// An answer without a body, such as 204, is not slow.
func SlowBody(pause time.Duration) Fault { return Fault{kind: slow, pause: pause} }

// HugeBody answers 200 with a body of 1 MiB and deletes nothing.
func HugeBody() Fault { return Fault{kind: huge} }

// Page answers 200 with HTML, as a proxy or a captive portal does, and deletes
// nothing.
func Page() Fault { return Fault{kind: page} }

// Redirect answers 302 to another path here and deletes nothing.
func Redirect() Fault { return Fault{kind: redirect} }

// instead is what happens instead of a deletion; false means that nothing does.
func (f Fault) instead(w http.ResponseWriter, r *http.Request, call Call) bool {
	switch f.kind {
	case fail:
		if f.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.retryAfter/time.Second)))
		}
		Answer{f.status, `{"error":"simulated"}`}.write(w)
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
	case wrong:
		call.Wrong.write(w)
	case redirect:
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	default:
		return false
	}
	return true
}

// afterwards is how the answer to a deletion is sent.
func (f Fault) afterwards(w http.ResponseWriter, r *http.Request, answer Answer) {
	switch f.kind {
	case resetAfter:
		reset(w)
	case hangAfter:
		hold(r)
	case slow:
		answer.writeSlowly(w, r, f.pause)
	default:
		answer.write(w)
	}
}

// hold answers nothing until the client gives up or the simulator closes, and
// then ends the connection: returning would answer 200.
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

func (a Answer) write(w http.ResponseWriter) {
	a.writeHeader(w)
	_, _ = w.Write([]byte(a.Body))
}

func (a Answer) writeHeader(w http.ResponseWriter) {
	if a.Body != "" {
		w.Header().Set("Content-Type", "application/json")
		if a.Body[0] == '<' {
			w.Header().Set("Content-Type", "application/xml")
		}
	}
	w.WriteHeader(a.Status)
}

func (a Answer) writeSlowly(w http.ResponseWriter, r *http.Request, pause time.Duration) {
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	a.writeHeader(w)
	flusher := http.NewResponseController(w)
	for i := range len(a.Body) {
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
			return
		}
		_, _ = w.Write([]byte{a.Body[i]})
		_ = flusher.Flush()
	}
}
