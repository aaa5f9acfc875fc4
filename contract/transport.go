package contract

import (
	"bytes"
	"io"
	"net/http"
)

// Transport returns a transport that lets next do the exchange and reports to t
// everything in it that breaks the contract: what the client sends, and what it gets.
// The request must keep every rule of the contract, carry no body and no query, show
// its keys nowhere but in their headers, and not be the result of a redirect. If next
// is nil, [http.DefaultTransport] is used.
//
// A body is read up to [MaxBody] before the client gets the answer; the client
// then reads the same bytes, and the same error. With [RequestsOnly] answers
// are not touched.
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
	a := readAnswer(resp)
	violations := tr.checker.judge(in, a)
	if !tr.checker.requestsOnly {
		report(tr.t, violations)
	}
	return resp, nil
}

// readAnswer reads a response's body, for judging, and puts it back.
func readAnswer(resp *http.Response) answer {
	a := answer{status: resp.StatusCode, header: resp.Header}
	if resp.Body == nil || resp.Body == http.NoBody {
		return a
	}
	var err error
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	a.cutShort = err != nil

	again := io.MultiReader(bytes.NewReader(a.body), resp.Body)
	if err != nil {
		again = io.MultiReader(bytes.NewReader(a.body), failingReader{err})
	}
	resp.Body = rereadBody{again, resp.Body}
	if len(a.body) > MaxBody {
		a.body, a.tooLarge = a.body[:MaxBody], true
	}
	return a
}

type rereadBody struct {
	io.Reader
	io.Closer
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
