package contract

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Handler returns a handler that lets next answer and reports to t every answer that
// breaks the contract. Requests may be anything, since tests of a server send wrong
// ones on purpose; they decide which answers are right. A request that keeps the
// contract gets a documented answer; one that breaks it must not be answered with 2xx.
// Under [WithStrict], a request to no documented path or method must be refused with an
// error body; otherwise the specification has no say in it.
//
// The answer passes through unchanged and at once; flushing, deadlines and connection
// take-over keep working. A panic of next is reported and goes on. Whether an answer is
// right is known when next returns, so t must still be running then.
func (c *Checker) Handler(t TestingT, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Helper()
		in := c.inspect(r, r.ContentLength > 0)
		rec := &recorder{w: w}
		body := &countedBody{ReadCloser: r.Body}
		if r.ContentLength < 0 {
			// Proxies make an empty chunked body of none, so only what next
			// reads tells whether there is one.
			r = r.WithContext(r.Context())
			r.Body = body
		}
		panicked := true
		defer func() {
			t.Helper()
			if in.matched && body.read > 0 {
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

// recorder passes an answer on and remembers what is judged.
type recorder struct {
	w        http.ResponseWriter
	status   int
	header   http.Header // as sent; changes made later are not
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
	// What was offered counts: that a client has gone is not the handler's fault.
	rec.written += int64(len(p))
	return rec.w.Write(p)
}

// start does what net/http does when a handler sends no status of its own.
func (rec *recorder) start() {
	if rec.status == 0 {
		rec.status = http.StatusOK
		rec.header = rec.w.Header().Clone()
	}
}

// Unwrap lets http.ResponseController reach what the recorder does not offer.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.w }

// FlushError makes http.ResponseController flush; Flush is for handlers that ask for
// an http.Flusher.
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
	a := Response{StatusCode: rec.status, Header: rec.header, Body: rec.body}
	if announced, err := strconv.ParseInt(rec.header.Get("Content-Length"), 10, 64); err == nil {
		a.Truncated = announced != rec.written
	}
	return a
}
