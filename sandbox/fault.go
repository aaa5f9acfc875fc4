package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Kind is a kind of [Fault].
type Kind string

// The kinds of faults. The comments say what the client sees and, in brackets, whether
// the customer is deleted if the request is a valid deletion.
const (
	None            Kind = "none"           // the usual response [yes]
	TooManyRequests Kind = "429"            // TOO_MANY_REQUESTS [no]
	InternalError   Kind = "500"            // INTERNAL_ERROR [no]
	Unavailable     Kind = "503"            // SERVICE_UNAVAILABLE [no]
	GatewayTimeout  Kind = "504"            // REQUEST_TIMEOUT [no]
	Reset           Kind = "reset"          // the connection is reset [no]
	LostResponse    Kind = "lost-response"  // the connection is closed without a response [yes]
	StalledBody     Kind = "stalled-body"   // a 202, or 200 to a read, with a body that never continues [yes]
	HTML            Kind = "html"           // a page of a proxy, 502 or the Status of the fault [no]
	TruncatedBody   Kind = "truncated-body" // a 400, or 200 to a read, whose JSON ends halfway [no]
	OversizedBody   Kind = "oversized-body" // a 400 with 1 MiB of valid JSON [no]
	NoContent       Kind = "204"            // a 204 instead of the success of the contract [yes]
	Redirect        Kind = "redirect"       // to another path, 307 or the Status of the fault [no]
	Stale           Kind = "stale"          // to a read, the customer as it was until its deletion [yes]
)

var kinds = []Kind{
	None, TooManyRequests, InternalError, Unavailable, GatewayTimeout, Reset, LostResponse,
	StalledBody, HTML, TruncatedBody, OversizedBody, NoContent, Redirect, Stale,
}

// Fault is what goes wrong with one request. The zero value is none.
//
// As text, in JSON too, it is the kind, followed by the fields that are set:
//
//	503; retry-after=2s; latency=100ms; applied
//
// latency is a Go duration with a unit. retry-after may also be whole seconds without
// a unit, as in the header: retry-after=2.
type Fault struct {
	// Kind is the kind of the fault. The zero value means [None].
	Kind Kind

	// Latency is how long the client waits before it sees the fault, or with kind
	// None the usual response. If the client gives up earlier, the request is not
	// carried out, except where that happens first; see Applied.
	Latency time.Duration

	// RetryAfter is the Retry-After header of a 429 or 503, in whole seconds. 0
	// sends none. Other kinds must leave it 0.
	RetryAfter time.Duration

	// Status replaces the status of HTML (200 to 599) and Redirect (300 to 399).
	// Other kinds must leave it 0.
	Status int

	// Applied carries the request out first, before the latency and the fault. Kinds
	// that delete the customer always do so.
	//
	// If the request is then refused, for a customer that does not exist for
	// example, the client gets the refusal at once and no fault.
	Applied bool
}

// Times returns n copies of f for [Sandbox.FailNext], or none if n is not positive.
func (f Fault) Times(n int) []Fault { return slices.Repeat([]Fault{f}, max(n, 0)) }

// kind returns Kind or its default.
func (f Fault) kind() Kind {
	if f.Kind == "" {
		return None
	}
	return f.Kind
}

// afterEffect reports whether a request with the method is carried out before it fails.
func (f Fault) afterEffect(method string) bool {
	switch f.kind() {
	case LostResponse, StalledBody, NoContent:
		return true
	case TruncatedBody: // of a read, the response itself is cut
		return f.Applied || method == http.MethodGet
	}
	return f.Applied
}

// kindNames returns the kinds as a list for people.
func kindNames() string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

// validate returns an error that joins every invalid field.
func (f Fault) validate() error {
	kind := f.kind()
	if !slices.Contains(kinds, kind) {
		return fmt.Errorf("unknown kind %q: use one of %s", kind, kindNames())
	}
	var errs []error
	if f.Latency < 0 {
		errs = append(errs, fmt.Errorf("latency %v is negative: use 0 or more", f.Latency))
	}
	switch {
	case f.RetryAfter != 0 && kind != TooManyRequests && kind != Unavailable:
		errs = append(errs, fmt.Errorf("%s cannot have a retry-after", kind))
	case f.RetryAfter < 0 || f.RetryAfter%time.Second != 0:
		errs = append(errs, fmt.Errorf("retry-after %v is not a number of whole seconds, 0 or more", f.RetryAfter))
	}
	switch {
	case f.Status == 0:
	case kind == HTML && f.Status >= 200 && f.Status <= 599:
	case kind == Redirect && f.Status >= 300 && f.Status <= 399:
	default:
		errs = append(errs, fmt.Errorf("%s cannot have status %d", kind, f.Status))
	}
	return errors.Join(errs...)
}

// ParseFault parses the text form of a fault, as [Fault.String] returns it. Spaces
// around the parts are ignored. The error quotes s.
func ParseFault(s string) (Fault, error) {
	kind, params, more := strings.Cut(s, ";")
	f := Fault{Kind: Kind(strings.TrimSpace(kind))}
	if f.Kind == "" {
		return Fault{}, fmt.Errorf("fault %q: the kind is missing: use one of %v", s, kinds)
	}
	seen := make(map[string]bool)
	for more {
		var param string
		param, params, more = strings.Cut(params, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if seen[name] {
			return Fault{}, fmt.Errorf("fault %q: parameter %q is duplicated", s, name)
		}
		seen[name] = true
		if err := f.set(name, value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", s, err)
		}
	}
	if err := f.validate(); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", s, err)
	}
	return f, nil
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "latency":
		f.Latency, err = time.ParseDuration(value)
	case "retry-after":
		f.RetryAfter, err = parseRetryAfter(value)
	case "status":
		f.Status, err = strconv.Atoi(value)
	case "applied":
		f.Applied = true
		if value != "" {
			err = errors.New("parameter \"applied\" cannot have a value")
		}
	default:
		err = fmt.Errorf("unknown parameter %q: use latency, retry-after, status or applied", name)
	}
	return err
}

func parseRetryAfter(value string) (time.Duration, error) {
	if wait, ok := wire.ParseDelay(value); ok {
		return wait, nil
	}
	wait, err := time.ParseDuration(value)
	if err != nil {
		return 0, fmt.Errorf("retry-after %q: want whole seconds, such as 2 or 2s", value)
	}
	return wait, nil
}

// String returns f in the text form that [ParseFault] reads.
func (f Fault) String() string {
	s := string(f.kind())
	if f.Latency != 0 {
		s += "; latency=" + f.Latency.String()
	}
	if f.RetryAfter != 0 {
		s += "; retry-after=" + f.RetryAfter.String()
	}
	if f.Status != 0 {
		s += "; status=" + strconv.Itoa(f.Status)
	}
	if f.Applied {
		s += "; applied"
	}
	return s
}

// MarshalText implements [encoding.TextMarshaler]. An invalid fault is an error.
func (f Fault) MarshalText() ([]byte, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	return []byte(f.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; see [ParseFault].
func (f *Fault) UnmarshalText(text []byte) error {
	parsed, err := ParseFault(string(text))
	if err != nil {
		return err
	}
	*f = parsed
	return nil
}
