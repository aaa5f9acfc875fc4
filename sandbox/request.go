package sandbox

import (
	"net/http"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// secretHeaders are redacted whatever they contain.
var secretHeaders = []string{"Public-Api-Key", "Private-Secret-Key", "Authorization", "Proxy-Authorization", "Cookie"}

// Request is one request as it arrived, with secrets replaced by "[redacted]": every
// value of a header that carries one, and the keys of every account wherever else they
// occur, even percent-encoded or in the name of a header.
type Request struct {
	At     time.Time   // when it arrived
	Method string      // as sent
	Target string      // path, still escaped, and query
	Header http.Header // never nil
	Fault  Fault       // the fault it got; the zero Fault if none
}

// Requests returns every request so far in order of arrival, including those that a
// client sent because of a redirect; see [WithRecordLimit]. The caller may change the
// result.
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
	if s.recordLimit == 0 {
		return
	}
	redact := newRedactor(s.store.keys())
	header := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		secret := slices.Contains(secretHeaders, name)
		name = redact.name(name)
		for _, value := range values {
			if secret {
				value = wire.Redacted
			}
			header[name] = append(header[name], redact.text(value))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{
		At:     time.Now(),
		Method: r.Method,
		Target: redact.text(r.URL.RequestURI()),
		Header: header,
		Fault:  f,
	})
	if surplus := len(s.requests) - s.recordLimit; surplus > 0 {
		s.requests = slices.Delete(s.requests, 0, surplus)
	}
}
