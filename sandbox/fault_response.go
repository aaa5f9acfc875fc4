package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/server"
)

// oversized is far above any client's limit, and small enough for a test's memory.
const oversized = 1 << 20

// proxyPage is what a load balancer sends when no server behind it responds.
const proxyPage = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"

// ServeHTTP serves the sandbox below /v1, with the faults of [Sandbox.FailNext] and
// [Sandbox.FailCustomer].
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ServeFault(w, r, s.nextFault(r))
}

// ServeFault serves one request with f and uses up no other fault. An invalid Fault
// gets a 501 with the reason.
func (s *Sandbox) ServeFault(w http.ResponseWriter, r *http.Request, f Fault) {
	s.record(r, f)
	if err := f.validate(); err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusNotImplemented)
		return
	}
	if f.kind() == Stale {
		r = r.WithContext(context.WithValue(r.Context(), staleKey{}, true))
	}
	var held heldResponse
	if f.afterEffect(r.Method) {
		if held = s.apply(w, r); held.status == 0 {
			return
		}
	}
	wait(r.Context(), f.Latency)
	switch f.kind() {
	case None, Stale:
		if held.status != 0 {
			held.send(w, len(held.body))
			return
		}
		s.server.ServeHTTP(w, r)
	case TooManyRequests:
		f.refuse(w, http.StatusTooManyRequests, server.CodeTooManyRequests)
	case InternalError:
		f.refuse(w, http.StatusInternalServerError, server.CodeInternalError)
	case Unavailable:
		f.refuse(w, http.StatusServiceUnavailable, server.CodeServiceUnavailable)
	case GatewayTimeout:
		f.refuse(w, http.StatusGatewayTimeout, server.CodeRequestTimeout)
	case Reset:
		reset(w)
	case LostResponse:
		panic(http.ErrAbortHandler)
	case NoContent:
		w.Header()["X-Request-Id"] = held.header["X-Request-Id"]
		w.WriteHeader(http.StatusNoContent)
	case Redirect:
		w.Header().Set("Location", basePath+"/elsewhere")
		w.WriteHeader(f.statusOr(http.StatusTemporaryRedirect))
	case HTML, StalledBody, TruncatedBody, OversizedBody:
		f.serveBody(r.Context(), w, held)
	}
}

// serveBody serves a kind whose fault is in the body.
func (f Fault) serveBody(ctx context.Context, w http.ResponseWriter, held heldResponse) {
	switch f.kind() {
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(f.statusOr(http.StatusBadGateway))
		_, _ = io.WriteString(w, proxyPage)
	case StalledBody:
		if len(held.body) == 0 { // an accepted deletion has none
			held.body = append([]byte(`{"status":"`), make([]byte, 1000)...)
			held.send(w, 11)
		} else {
			held.send(w, len(held.body)/2)
		}
		<-ctx.Done()
	case TruncatedBody:
		if len(held.body) == 0 {
			held = heldResponse{status: http.StatusBadRequest, header: http.Header{"Content-Type": {"application/json"}},
				body: errorBody(server.CodeInvalidRequest, "Invalid request.")}
		}
		held.send(w, len(held.body)/2)
		panic(http.ErrAbortHandler)
	case OversizedBody:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(errorBody(server.CodeInvalidRequest, strings.Repeat("x", oversized)))
	}
}

// wait waits for d. If the client does not, it aborts the request.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// apply carries the request out and returns its success. If it was refused, the refusal
// has been sent, and the zero response is returned.
func (s *Sandbox) apply(w http.ResponseWriter, r *http.Request) heldResponse {
	held := holder{ResponseWriter: w, held: heldResponse{header: http.Header{}}}
	s.server.ServeHTTP(&held, r)
	return held.held
}

// heldResponse is a success that has not been sent.
type heldResponse struct {
	status int
	header http.Header
	body   []byte
}

// send sends the response with the first n bytes of its body.
func (h heldResponse) send(w http.ResponseWriter, n int) {
	maps.Copy(w.Header(), h.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(h.body)))
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body[:n])
	_ = http.NewResponseController(w).Flush()
}

// holder is a ResponseWriter that holds a success and passes on every other response.
type holder struct {
	http.ResponseWriter
	held heldResponse
}

func (h *holder) Header() http.Header { return h.held.header }

func (h *holder) WriteHeader(status int) {
	if status >= 200 && status <= 299 {
		h.held.status = status
		return
	}
	maps.Copy(h.ResponseWriter.Header(), h.held.header)
	h.ResponseWriter.WriteHeader(status)
}

func (h *holder) Write(p []byte) (int, error) {
	if h.held.status == 0 {
		return h.ResponseWriter.Write(p)
	}
	h.held.body = append(h.held.body, p...)
	return len(p), nil
}

// staleKey marks the context of a read that is to see the customer as it was until its
// deletion.
type staleKey struct{}

func isStale(ctx context.Context) bool { return ctx.Value(staleKey{}) != nil }

// refuse sends an error of the contract.
func (f Fault) refuse(w http.ResponseWriter, status int, code string) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Request-Id", rand.Text())
	if f.RetryAfter > 0 {
		header.Set("Retry-After", wire.FormatRetryAfter(f.RetryAfter))
	}
	w.WriteHeader(status)
	_, _ = w.Write(errorBody(code, http.StatusText(status)+"."))
}

// statusOr returns the status of f, or otherwise if it has none.
func (f Fault) statusOr(otherwise int) int {
	if f.Status != 0 {
		return f.Status
	}
	return otherwise
}

func errorBody(code, message string) []byte {
	body, _ := json.Marshal(api.Error{Code: code, Messages: []string{message}}) // strings always encode
	return body
}

// reset drops the connection with a TCP RST. Over HTTP/2 or without TCP it drops it as
// abruptly as net/http can.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
