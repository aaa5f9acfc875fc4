package contract

import (
	"io"
	"net/http"
)

// Transport returns a transport that lets next do the exchange and reports to t
// everything in it that breaks the contract: what the client sends, and what it gets.
// The request must keep every rule of the contract, carry no body and no query, show
// its keys nowhere but in their headers, and not be the result of a redirect. If next
// is nil, [http.DefaultTransport] is used.
//
// It belongs where requests leave the client, such as client.WithHTTPClient: middleware
// does not see what a client adds last, its keys above all. What is found is reported
// as it is found, so t must still be running then.
//
// A body is read up to [MaxBody] before the client gets the answer; the client
// then reads the same bytes, and the same error. A 101 is no answer of the contract and
// its body no body but the connection, which is closed. With [WithRequestsOnly] answers
// are left alone, and judged while the client reads them, for the coverage.
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

// watch counts an answer for the coverage when the client has read it to its end, if
// nothing is wrong with it.
func (c *Checker) watch(in inspected, resp *http.Response) {
	a := Response{StatusCode: resp.StatusCode, Header: resp.Header}
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols: // the body is written to as well
	case resp.Body == nil || resp.Body == http.NoBody:
		c.judge(in, a)
	default:
		resp.Body = &watchedBody{ReadCloser: resp.Body, atEnd: func(body []byte) {
			a.Body = body
			c.judge(in, a)
		}}
	}
}

// watchedBody keeps a little more of what is read than is ever examined, so that a
// body that is too long is seen to be.
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
