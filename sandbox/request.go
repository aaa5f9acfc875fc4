package sandbox

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// secretHeaders are redacted whatever is in them.
var secretHeaders = []string{"Public-Api-Key", "Private-Secret-Key", "Authorization", "Proxy-Authorization", "Cookie"}

// Request is one request as it arrived. The values of headers that carry secrets, and
// the keys of every account wherever else they turn up, percent-encoded or in the name
// of a header too, read "[redacted]"; how many values there were can still be seen.
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
	redact := newRedaction(s.store.keys())
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
	if surplus := len(s.requests) - s.keep; surplus > 0 {
		s.requests = slices.Delete(s.requests, 0, surplus)
	}
}

// redaction takes keys out of what is recorded. They are sorted by length: of two that
// begin alike, the shorter one would leave the end of the longer behind.
type redaction []string

func newRedaction(keys []string) redaction {
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	return keys
}

// text replaces the keys in s, and all of s if it holds one in a percent-encoding other
// than the usual ones.
func (r redaction) text(s string) string {
	for _, key := range r {
		for _, form := range []string{key, url.QueryEscape(key), url.PathEscape(key)} {
			s = strings.ReplaceAll(s, form, wire.Redacted)
		}
		decoded := percentEncoded.ReplaceAllStringFunc(s, func(code string) string {
			b, _ := hex.DecodeString(code[1:])
			return string(b)
		})
		if strings.Contains(decoded, key) {
			return wire.Redacted
		}
	}
	return s
}

// percentEncoded is for text that net/url may refuse, such as "100%".
var percentEncoded = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// name replaces the name of a header that holds a key, in any case, since net/http
// changes it.
func (r redaction) name(s string) string {
	for _, key := range r {
		if strings.Contains(strings.ToLower(s), strings.ToLower(key)) {
			return wire.Redacted
		}
	}
	return s
}
