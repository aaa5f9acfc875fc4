package sandbox

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// secretHeaders are redacted whatever they contain.
var secretHeaders = []string{"Public-Api-Key", "Private-Secret-Key", "Authorization", "Proxy-Authorization", "Cookie"}

// Request is one request as it arrived, with secrets replaced by "[redacted]": every
// value of a header that carries one, and the keys of every account wherever else they
// occur, even percent-encoded or in the name of a header.
//
// Target and Header may contain personal data, such as a merchant's id that is an e-mail
// address. Printing, logging (log/slog) or marshalling a Request shows neither: only its
// method, its path without segments that are no customer id, its operation and its fault.
type Request struct {
	At        time.Time   // when it arrived
	Method    string      // as sent
	Target    string      // path, still escaped, and query
	Header    http.Header // never nil
	Operation string      // operationId, such as "delete-customer"; "" if it belongs to none
	Fault     Fault       // the fault it got; the zero Fault if none
}

// String returns what may be printed of r: see [Request].
func (r Request) String() string {
	path, _, query := strings.Cut(r.Target, "?")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if segment != "" && wire.CheckCustomerID(segment) != nil {
			segments[i] = wire.Redacted
		}
	}
	text := printable(r.Method) + " " + strings.Join(segments, "/")
	if query {
		text += "?" + wire.Redacted
	}
	if r.Operation != "" {
		text += " (" + r.Operation + ")"
	}
	if r.Fault != (Fault{}) {
		text += ", fault " + r.Fault.String()
	}
	return text
}

// printable returns a method, or [redacted] for one that no standard defines.
func printable(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return wire.Redacted
}

// Format implements [fmt.Formatter]: every verb prints [Request.String].
func (r Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue implements [slog.LogValuer].
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText implements [encoding.TextMarshaler].
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

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
		At:        time.Now(),
		Method:    r.Method,
		Target:    redact.text(r.URL.RequestURI()),
		Header:    header,
		Operation: operationOf(r).id,
		Fault:     f,
	})
	if surplus := len(s.requests) - s.recordLimit; surplus > 0 {
		s.requests = slices.Delete(s.requests, 0, surplus)
	}
}
