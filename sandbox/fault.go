package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds of faults. The comments say what the client sees and, in brackets,
// whether the customer is deleted.
const (
	None            Kind = "none"           // nothing goes wrong [as asked]
	TooManyRequests Kind = "429"            // TOO_MANY_REQUESTS [no]
	InternalError   Kind = "500"            // INTERNAL_ERROR [no]
	Unavailable     Kind = "503"            // SERVICE_UNAVAILABLE [no]
	GatewayTimeout  Kind = "504"            // REQUEST_TIMEOUT [no]
	Reset           Kind = "reset"          // the connection is reset [no]
	LostResponse    Kind = "lost-response"  // the connection is closed without an answer [yes]
	StalledBody     Kind = "stalled-body"   // a 202 begins a body and never goes on [yes]
	HTML            Kind = "html"           // a page of a proxy, 502 unless Status says otherwise [no]
	TruncatedBody   Kind = "truncated-body" // a 400 whose JSON ends in the middle [no]
	OversizedBody   Kind = "oversized-body" // a 400 with 1 MiB of correct JSON [no]
	NoContent       Kind = "204"            // 204 where the contract says 202 [yes]
	Redirect        Kind = "redirect"       // to another path, 307 unless Status says otherwise [no]
)

var kinds = []Kind{
	None, TooManyRequests, InternalError, Unavailable, GatewayTimeout, Reset, LostResponse,
	StalledBody, HTML, TruncatedBody, OversizedBody, NoContent, Redirect,
}

// Fault is one thing going wrong with one request. Its zero value is none.
//
// As text, in JSON too, it is the kind and then what else is set:
//
//	503; retry-after=2s; latency=100ms; applied
//
// Latency is a Go duration with its unit; retry-after may also be whole seconds
// without one, as in the header: retry-after=2.
type Fault struct {
	// Kind is what goes wrong. The zero value is [None].
	Kind Kind

	// Latency is how long the client waits before it sees anything of the fault.
	// With kind None that is all that goes wrong. A client that gives up before
	// that never reaches the server, unless the effect comes first.
	Latency time.Duration

	// RetryAfter is the Retry-After header of a 429 or 503, in whole seconds; 0
	// sends none. Other kinds do not have it.
	RetryAfter time.Duration

	// Status replaces the status of HTML (200 to 599) and Redirect (300 to 399).
	Status int

	// Applied has the request carried out first, before the latency and whatever
	// goes wrong then. It makes no difference to kinds that delete the customer
	// anyway: those always carry it out first.
	//
	// A request that is refused, say for a customer that does not exist, gets its
	// refusal at once instead of a fault that comes after the effect.
	Applied bool
}

// Times returns n faults like f, for [Sandbox.FailNext].
func (f Fault) Times(n int) []Fault { return slices.Repeat([]Fault{f}, max(n, 0)) }

// kind is Kind with its default.
func (f Fault) kind() Kind {
	if f.Kind == "" {
		return None
	}
	return f.Kind
}

// afterEffect reports whether the request is carried out before it fails.
func (f Fault) afterEffect() bool {
	switch f.kind() {
	case LostResponse, StalledBody, NoContent:
		return true
	}
	return f.Applied
}

// validate names everything about f that its kind does not have.
func (f Fault) validate() error {
	kind := f.kind()
	if !slices.Contains(kinds, kind) {
		return fmt.Errorf("unknown kind %q; there are %v", kind, kinds)
	}
	var errs []error
	if f.Latency < 0 {
		errs = append(errs, fmt.Errorf("latency %v is negative", f.Latency))
	}
	switch {
	case f.RetryAfter != 0 && kind != TooManyRequests && kind != Unavailable:
		errs = append(errs, fmt.Errorf("%s has no retry-after", kind))
	case f.RetryAfter < 0 || f.RetryAfter%time.Second != 0:
		errs = append(errs, fmt.Errorf("retry-after %v is not whole seconds", f.RetryAfter))
	}
	switch {
	case f.Status == 0:
	case kind == HTML && f.Status >= 200 && f.Status <= 599:
	case kind == Redirect && f.Status >= 300 && f.Status <= 399:
	default:
		errs = append(errs, fmt.Errorf("%s has no status %d", kind, f.Status))
	}
	return errors.Join(errs...)
}

// ParseFault reads what [Fault.String] writes. Spaces around the parts do not matter.
func ParseFault(s string) (Fault, error) {
	kind, params, more := strings.Cut(s, ";")
	f := Fault{Kind: Kind(strings.TrimSpace(kind))}
	if f.Kind == "" {
		return Fault{}, fmt.Errorf("fault %q: no kind; there are %v", s, kinds)
	}
	seen := make(map[string]bool)
	for more {
		var param string
		param, params, more = strings.Cut(params, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if seen[name] {
			return Fault{}, fmt.Errorf("fault %q: %s is given twice", s, name)
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
			err = errors.New("applied takes no value")
		}
	default:
		err = fmt.Errorf("unknown parameter %q", name)
	}
	return err
}

func parseRetryAfter(value string) (time.Duration, error) {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	return time.ParseDuration(value)
}

// String returns f as text, in the form that [ParseFault] reads.
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

// MarshalText implements [encoding.TextMarshaler].
func (f Fault) MarshalText() ([]byte, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	return []byte(f.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *Fault) UnmarshalText(text []byte) error {
	parsed, err := ParseFault(string(text))
	if err != nil {
		return err
	}
	*f = parsed
	return nil
}
