package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
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
	if f.afterEffect() && !s.apply(w, r) {
		return
	}
	wait(r.Context(), f.Latency)
	switch f.kind() {
	case None:
		if f.Applied {
			w.WriteHeader(http.StatusAccepted)
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
		w.WriteHeader(http.StatusNoContent)
	case Redirect:
		w.Header().Set("Location", basePath+"/elsewhere")
		w.WriteHeader(f.statusOr(http.StatusTemporaryRedirect))
	case HTML, StalledBody, TruncatedBody, OversizedBody:
		f.serveBody(r.Context(), w)
	}
}

// serveBody serves a kind whose fault is in the body.
func (f Fault) serveBody(ctx context.Context, w http.ResponseWriter) {
	switch f.kind() {
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(f.statusOr(http.StatusBadGateway))
		_, _ = io.WriteString(w, proxyPage)
	case StalledBody:
		begin(w, http.StatusAccepted, `{"status":"`, 1000)
		<-ctx.Done()
	case TruncatedBody:
		body := errorBody(server.CodeInvalidRequest, "Invalid request.")
		w.Header().Set("Content-Type", "application/json")
		begin(w, http.StatusBadRequest, string(body[:len(body)/2]), len(body))
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

// apply carries the request out and reports whether it was accepted. If it was not,
// the refusal has been sent.
func (s *Sandbox) apply(w http.ResponseWriter, r *http.Request) bool {
	held := &heldResponse{ResponseWriter: w}
	s.server.ServeHTTP(held, r)
	return held.accepted
}

// heldResponse passes on every response but a 202.
type heldResponse struct {
	http.ResponseWriter
	accepted bool
}

func (h *heldResponse) WriteHeader(status int) {
	if status == http.StatusAccepted {
		h.accepted = true
		return
	}
	h.ResponseWriter.WriteHeader(status)
}

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

// begin sends a response up to the first bytes of a body of the given length.
func begin(w http.ResponseWriter, status int, body string, length int) {
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	_ = http.NewResponseController(w).Flush()
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
