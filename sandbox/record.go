package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// redacted stands in for every secret in a [Request].
const redacted = "[redacted]"

// secretHeaders are redacted whatever is in them.
var secretHeaders = []string{"Public-Api-Key", "Private-Secret-Key", "Authorization", "Proxy-Authorization", "Cookie"}

// Request is one request as it arrived. The values of headers that carry secrets, and
// the keys of every account wherever else they turn up, read "[redacted]"; how many
// values there were can still be seen.
type Request struct {
	At     time.Time
	Method string
	Target string // path, as it was escaped, and query
	Header http.Header
	Fault  Fault // what was done to it
}

// Requests returns every request so far in order of arrival, those that a client was
// led to by a redirect included. The caller owns the result.
func (s *Sandbox) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := slices.Clone(s.requests)
	for i := range requests {
		requests[i].Header = requests[i].Header.Clone()
	}
	return requests
}

func (s *Sandbox) record(r *http.Request, f Fault) {
	if s.keep == 0 {
		return
	}
	var pairs []string
	for _, key := range s.store.keys() {
		pairs = append(pairs, key, redacted)
	}
	redact := strings.NewReplacer(pairs...)

	header := r.Header.Clone()
	for name, values := range header {
		for i, value := range values {
			values[i] = redact.Replace(value)
			if slices.Contains(secretHeaders, name) {
				values[i] = redacted
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{
		At:     time.Now(),
		Method: r.Method,
		Target: redact.Replace(r.URL.RequestURI()),
		Header: header,
		Fault:  f,
	})
	if surplus := len(s.requests) - s.keep; surplus > 0 {
		s.requests = slices.Delete(s.requests, 0, surplus)
	}
}
