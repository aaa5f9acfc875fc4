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
	"github.com/yuno-community/yuno-customers/server"
)

// oversized is far above any client's limit, and small enough for a test's memory.
const oversized = 1 << 20

// proxyPage is what a load balancer says when there is nobody behind it.
const proxyPage = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"

// FailNext gives one fault to each of the next requests, in order; a zero Fault lets
// its request pass. It adds to what was scripted before.
//
//	sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable}.Times(3)...)
//
// A Fault that is not valid fails the test of [New]; its request is answered 501 with
// the reason, after [Open] as well.
func (s *Sandbox) FailNext(faults ...Fault) {
	s.report(faults...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, faults...)
}

// FailCustomer gives f to every request for a customer, of any account, until it is
// called again for the customer; a zero Fault ends it. Such requests take nothing
// from the script of [Sandbox.FailNext]. A Fault that is not valid is reported as
// there.
func (s *Sandbox) FailCustomer(id string, f Fault) {
	s.report(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == (Fault{}) || f == (Fault{Kind: None}) {
		delete(s.byCustomer, id)
		return
	}
	s.byCustomer[id] = f
}

// report fails the test for faults that are not valid.
func (s *Sandbox) report(faults ...Fault) {
	if s.t == nil {
		return
	}
	s.t.Helper()
	for _, f := range faults {
		if err := f.validate(); err != nil {
			s.t.Errorf("sandbox: fault %q: %v", f, err)
		}
	}
}

// fault returns what is to happen to a request, and takes it off the script.
func (s *Sandbox) fault(r *http.Request) Fault {
	id := strings.TrimPrefix(r.URL.Path, basePath+"/customers/")
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.byCustomer[id]; ok {
		return f
	}
	if len(s.script) == 0 {
		return Fault{}
	}
	f := s.script[0]
	s.script = s.script[1:]
	return f
}

// ServeHTTP serves the sandbox below /v1, with the faults that were asked for.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ServeFault(w, r, s.fault(r))
}

// ServeFault serves one request with f, whatever is scripted. A Fault that is not
// valid is answered 501 with the reason.
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
	case StalledBody:
		begin(w, http.StatusAccepted, `{"status":"`, 1000)
		<-r.Context().Done()
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(f.status(http.StatusBadGateway))
		_, _ = io.WriteString(w, proxyPage)
	case TruncatedBody:
		body := errorBody(server.CodeInvalidRequest, "Invalid request.")
		w.Header().Set("Content-Type", "application/json")
		begin(w, http.StatusBadRequest, string(body[:len(body)/2]), len(body))
		panic(http.ErrAbortHandler)
	case OversizedBody:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(errorBody(server.CodeInvalidRequest, strings.Repeat("x", oversized)))
	case NoContent:
		w.WriteHeader(http.StatusNoContent)
	case Redirect:
		w.Header().Set("Location", basePath+"/elsewhere")
		w.WriteHeader(f.status(http.StatusTemporaryRedirect))
	}
}

// wait waits for d, and ends the request if the client does not.
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

// apply carries the request out. If it is refused, the refusal is the answer, and
// apply reports false.
func (s *Sandbox) apply(w http.ResponseWriter, r *http.Request) bool {
	held := &heldAnswer{ResponseWriter: w}
	s.server.ServeHTTP(held, r)
	return held.accepted
}

// heldAnswer lets every answer pass but a 202.
type heldAnswer struct {
	http.ResponseWriter
	accepted bool
}

func (h *heldAnswer) WriteHeader(status int) {
	if status == http.StatusAccepted {
		h.accepted = true
		return
	}
	h.ResponseWriter.WriteHeader(status)
}

// refuse answers with an error of the contract.
func (f Fault) refuse(w http.ResponseWriter, status int, code string) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Request-Id", rand.Text())
	if f.RetryAfter > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64(f.RetryAfter/time.Second), 10))
	}
	w.WriteHeader(status)
	_, _ = w.Write(errorBody(code, http.StatusText(status)+"."))
}

func (f Fault) status(otherwise int) int {
	if f.Status != 0 {
		return f.Status
	}
	return otherwise
}

func errorBody(code, message string) []byte {
	body, _ := json.Marshal(api.Error{Code: code, Messages: []string{message}}) // strings always encode
	return body
}

// begin sends an answer up to the first bytes of a body of the given length.
func begin(w http.ResponseWriter, status int, body string, length int) {
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	_ = http.NewResponseController(w).Flush()
}

// reset drops the connection with a TCP RST where there is TCP and HTTP/1, and else
// as abruptly as net/http can.
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
