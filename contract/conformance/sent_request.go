package conformance

import (
	"bytes"
	"io"
	"net/http"
	"slices"

	"github.com/yuno-community/yuno-customers/contract"
)

// A sentRequest is a request of the current case, as it was sent, and how it ended.
type sentRequest struct {
	n        int // its place among the requests of the case, from 1
	method   string
	target   string // path and query
	header   http.Header
	body     []byte // nil if there is none
	chunked  bool
	http2    bool
	together int // how many like it were sent at the same time, or 0
	first    int // the lowest number of those

	valid    bool // the contract allows it
	response response
}

// recordLimit is how many requests of a case are kept. Only the timing case sends more.
const recordLimit = 500

// snapshot records a request before it is sent, and leaves it as it was.
func snapshot(r *http.Request) (*sentRequest, error) {
	sent := &sentRequest{method: r.Method, target: r.URL.RequestURI(), header: r.Header.Clone()}
	switch {
	case r.Body != nil:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sent.body, sent.chunked = body, r.ContentLength < 0
	case slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.Method):
		sent.body = []byte{} // net/http declares its length, 0
	}
	return sent, nil
}

// number returns the number of a new request of the case.
func (s *session) number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	return s.requests
}

// record keeps a request, in place of an earlier attempt to send it. The caller holds s.mu.
func (s *session) record(sent *sentRequest) {
	if i := slices.IndexFunc(s.sent, func(other *sentRequest) bool { return other.n == sent.n }); i >= 0 {
		s.sent[i] = sent
	} else if len(s.sent) < recordLimit {
		s.sent = append(s.sent, sent)
	}
}

// together notes that requests were sent at the same time.
func (s *session) together(responses []response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sentTogether := func(sent *sentRequest) bool {
		return slices.ContainsFunc(responses, func(r response) bool { return r.n == sent.n })
	}
	first := slices.IndexFunc(s.sent, sentTogether)
	for _, sent := range s.sent {
		if sentTogether(sent) {
			sent.together, sent.first = len(responses), s.sent[first].n
		}
	}
}

// A finding is a violation, and the requests of the case that show it together: the last one
// broke the rule, after the others.
type finding struct {
	contract.Violation
	requests []int // by number
}

// found records a violation that responses show or, if none is given, all requests of the
// case so far.
func (s *session) found(place string, rule contract.Rule, found, expected string, shownBy ...response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := finding{Violation: contract.Violation{Operation: s.operation, Place: place, Rule: rule, Found: found, Expected: expected}}
	for _, resp := range shownBy {
		f.requests = append(f.requests, resp.n)
	}
	if shownBy == nil {
		for _, sent := range s.sent {
			f.requests = append(f.requests, sent.n)
		}
	}
	s.findings = append(s.findings, f)
}
