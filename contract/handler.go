package contract

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Handler returns a handler that serves requests with next and reports to t every response
// that breaks the contract. It does not report wrong requests, because tests of a server
// send them on purpose; it only derives from the request which responses are right. A
// request that keeps the contract gets a documented response, and one that breaks it does
// not get 2xx. With [WithStrict], a request to an undocumented path or method is refused
// with an error body; the specification says nothing about those.
//
// The response passes through unchanged and without delay; flushing, deadlines and taking
// over the connection keep working. A panic of next is reported and continues. Responses
// are judged when next returns, so t must still be running then.
func (c *Checker) Handler(t TestingT, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Helper()
		in := c.inspect(r, r.ContentLength > 0)
		rec := &recorder{w: w}
		body := &countedBody{ReadCloser: r.Body}
		if r.ContentLength < 0 {
			// Proxies turn no body into an empty chunked one, so a body exists only
			// if next reads something.
			r = r.WithContext(r.Context())
			r.Body = body
		}
		panicked := true
		defer func() {
			t.Helper()
			if in.op != nil && in.op.route.Operation.RequestBody == nil && body.read > 0 {
				in.found("request body", RuleRequestBody, "a body", "none")
			}
			report(t, c.judge(in, rec.response(panicked)))
		}()
		next.ServeHTTP(rec, r)
		panicked = false
	})
}

type countedBody struct {
	io.ReadCloser
	read int
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += n
	return n, err
}

// recorder passes a response on and records it.
type recorder struct {
	w        http.ResponseWriter
	status   int
	header   http.Header // as sent, without later changes
	body     []byte
	written  int64
	hijacked bool
}

func (rec *recorder) Header() http.Header { return rec.w.Header() }

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		rec.status = status
		rec.header = rec.w.Header().Clone()
	}
	rec.w.WriteHeader(status)
}

func (rec *recorder) Write(p []byte) (int, error) {
	rec.start()
	if len(rec.body) <= MaxBody {
		rec.body = append(rec.body, p[:min(len(p), MaxBody+1-len(rec.body))]...)
	}
	// Count bytes that did not reach the client too: its absence is not the handler's fault.
	rec.written += int64(len(p))
	return rec.w.Write(p)
}

// start sends 200 if the handler has sent no status, as net/http does.
func (rec *recorder) start() {
	if rec.status == 0 {
		rec.status = http.StatusOK
		rec.header = rec.w.Header().Clone()
	}
}

// Unwrap lets http.ResponseController reach what the recorder does not offer.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.w }

// FlushError is for http.ResponseController, and Flush for handlers that want an
// http.Flusher.
func (rec *recorder) FlushError() error {
	rec.start()
	return http.NewResponseController(rec.w).Flush()
}

func (rec *recorder) Flush() { _ = rec.FlushError() }

func (rec *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(rec.w).Hijack()
	rec.hijacked = err == nil
	return conn, rw, err
}

func (rec *recorder) response(panicked bool) Response {
	switch {
	case rec.hijacked:
		return Response{Missing: "a connection taken over by the handler"}
	case panicked:
		return Response{Missing: "a panic of the handler"}
	}
	rec.start()
	resp := Response{StatusCode: rec.status, Header: rec.header, Body: rec.body}
	if announced, err := strconv.ParseInt(rec.header.Get("Content-Length"), 10, 64); err == nil {
		resp.Truncated = announced != rec.written
	}
	return resp
}
