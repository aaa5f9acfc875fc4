package contract

import (
	"io"
	"net/http"
)

// Transport returns a transport that sends requests with next and reports to t what is
// wrong with the client's requests and with their responses. A client must keep every rule
// for requests: no body, no query, no redirect followed, and keys in their own headers only.
// If next is nil, [http.DefaultTransport] is used.
//
// It belongs where requests leave the client, such as in client.WithHTTPClient. Middleware
// does not see what a client adds last, above all its keys. Violations are reported
// immediately, so t must still be running.
//
// A response body is read up to [MaxBody]+1 bytes before the client gets the response; the
// client then reads the same bytes and the same error. A 101 is not a documented response,
// so its connection is closed. With [WithRequestsOnly], responses are not touched, and are
// counted for the coverage while the client reads them.
func (c *Checker) Transport(t TestingT, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{checker: c, t: t, next: next}
}

type transport struct {
	checker *Checker
	t       TestingT
	next    http.RoundTripper
}

func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	tr.t.Helper()
	if tr.checker.readsBody(r) {
		r = r.WithContext(r.Context()) // a RoundTripper must not change the request
	}
	in := tr.checker.inspectSent(r)
	report(tr.t, in.violations)
	resp, err := tr.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if tr.checker.requestsOnly {
		tr.checker.watch(in, resp)
		return resp, nil
	}
	report(tr.t, tr.checker.judge(in, ReadResponse(resp)))
	return resp, nil
}

// readsBody reports whether inspecting the request reads its body.
func (c *Checker) readsBody(r *http.Request) bool {
	op := c.route(r.Method, r.URL).op
	return op != nil && op.route.Operation.RequestBody != nil
}

// watch counts a response for the coverage when the client has read it to its end, if
// nothing is wrong with it.
func (c *Checker) watch(in inspected, resp *http.Response) {
	recorded := Response{StatusCode: resp.StatusCode, Header: resp.Header}
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols: // the body is the connection
	case resp.Body == nil || resp.Body == http.NoBody:
		c.judge(in, recorded)
	default:
		resp.Body = &watchedBody{ReadCloser: resp.Body, atEnd: func(body []byte) {
			recorded.Body = body
			c.judge(in, recorded)
		}}
	}
}

// watchedBody keeps one byte more than MaxBody, which shows that a body is too large.
type watchedBody struct {
	io.ReadCloser
	kept  []byte
	atEnd func(kept []byte) // nil once called
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.kept = append(b.kept, p[:min(n, MaxBody+1-len(b.kept))]...)
	if err == io.EOF && b.atEnd != nil {
		b.atEnd(b.kept)
		b.atEnd = nil
	}
	return n, err
}
