package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// What the conformance suite adds to the rules of an exchange: what exactly the
// answer to this request should have been.
const (
	RuleCaseStatus    contract.Rule = "case-status"    // documented, but not for this request
	RuleCaseCode      contract.Rule = "case-code"      // Strict: the error code is not the one for this request
	RuleCaseParameter contract.Rule = "case-parameter" // Strict: the messages do not name the parameter that is wrong
	RuleCaseDiffers   contract.Rule = "case-differs"   // Strict: two answers that must be alike tell something apart
	RuleCaseTime      contract.Rule = "case-time"      // the time to answer tells something apart
	RuleCaseErased    contract.Rule = "case-erased"    // a request erased a customer whom it did not name or must not erase
	RuleCaseKept      contract.Rule = "case-kept"      // an accepted request did not erase the customer
	RuleCaseOtherID   contract.Rule = "case-other-id"  // an id that resembles a customer's passed for it
	RuleCaseRequestID contract.Rule = "case-request-id"
)

// A testCase is one case of the conformance suite. It is written once, for
// go test (Exercise) and for a live target (Run).
type testCase struct {
	name  string // stable: baselines and reports refer to it
	why   string // what goes wrong in the world if it fails
	needs need
	run   func(ctx context.Context, s *session) error
}

// need is what a target must offer for a case to be run.
type need int

const (
	needsStrict   need = 1 << iota // the specification says nothing about it
	needsCustomer                  // erases a customer
	// Aims a request at a customer that exists, because in the bare contract an answer
	// about a made-up one looks like a refusal. It survives.
	needsSpareUnlessStrict
	needsSpare // the same, Strict or not
	needsSecondAccount
	needsHTTP2
	needsExists
	needsLoopback // writes a key into a URL, which logs on the way would keep
	needsTiming
)

// errNoCustomer ends a case for which the target has no customer left.
var errNoCustomer = errors.New("no customer left")

// skipError ends a case that turns out not to apply.
type skipError string

func (e skipError) Error() string { return string(e) }

// session is the state of one run.
type session struct {
	target   Target
	endpoint *endpoint
	checker  *contract.Checker
	timeout  time.Duration
	rounds   int // of the timing case; 0 leaves it out
	now      func() time.Time

	unused []string // of target.Customers
	spare  string   // a customer for requests that must be refused; "" if there is none yet

	mu       sync.Mutex
	findings []contract.Violation // of the current case
	right    map[int]bool         // the statuses that right requests were answered with
}

// The operation that is judged.
const (
	operationID     = "delete-customer"
	operationMethod = http.MethodDelete
)

func (s *session) found(place string, rule contract.Rule, found, expected string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings = append(s.findings, contract.Violation{Operation: operationID, Place: place, Rule: rule, Found: found, Expected: expected})
}

// customer returns the id of a customer that exists and that the caller may erase.
func (s *session) customer(ctx context.Context) (string, error) {
	if s.target.NewCustomer != nil {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		id, err := s.target.NewCustomer(ctx)
		if err == nil {
			err = checkID(id)
		}
		if err != nil {
			return "", fmt.Errorf("contract: creating a customer: %w", err)
		}
		return id, nil
	}
	if len(s.unused) == 0 {
		return "", errNoCustomer
	}
	id := s.unused[0]
	s.unused = s.unused[1:]
	return id, nil
}

// aim returns the id of a customer for a request that must be refused: one that
// exists, if the target has one. It is the same one until somebody erases it.
func (s *session) aim(ctx context.Context) (string, error) {
	id, err := s.survivor(ctx)
	if errors.Is(err, errNoCustomer) && s.target.Strict {
		return unknownID(), nil
	}
	return id, err
}

// survivor returns the id of a customer that exists and is to stay until the end.
func (s *session) survivor(ctx context.Context) (string, error) {
	if s.spare == "" {
		id, err := s.customer(ctx)
		if err != nil {
			return "", err
		}
		s.spare = id
	}
	return s.spare, nil
}

// unknownID returns an id that no customer has.
func unknownID() string { return wire.NewUUID() }

// An edit makes a request other than the right one.
type edit func(*http.Request)

const (
	accountHeader = "X-Account-Code"
	publicHeader  = "Public-Api-Key"
	secretHeader  = "Private-Secret-Key"
)

func with(name string, values ...string) edit {
	return func(r *http.Request) { r.Header[name] = values }
}

func without(names ...string) edit {
	return func(r *http.Request) {
		for _, name := range names {
			delete(r.Header, name)
		}
	}
}

func as(c Credentials) edit {
	return func(r *http.Request) {
		r.Header[accountHeader] = []string{c.AccountCode}
		r.Header[publicHeader] = []string{c.PublicAPIKey}
		r.Header[secretHeader] = []string{c.PrivateSecretKey}
	}
}

func method(m string) edit { return func(r *http.Request) { r.Method = m } }

// query adds names and values in turns.
func query(pairs ...string) edit {
	return func(r *http.Request) {
		q := r.URL.Query()
		for i := 0; i < len(pairs); i += 2 {
			q.Add(pairs[i], pairs[i+1])
		}
		r.URL.RawQuery = q.Encode()
	}
}

// all makes one edit of several.
func all(edits ...edit) edit {
	return func(r *http.Request) {
		for _, e := range edits {
			e(r)
		}
	}
}

// chunked gives the request a body of unknown length.
func chunked(body string) edit {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = -1
	}
}

func sized(body string) edit {
	return func(r *http.Request) {
		chunked(body)(r)
		r.ContentLength = int64(len(body))
		r.Header["Content-Type"] = []string{"application/json"}
	}
}

// reply is an answer together with what the cases look at.
type reply struct {
	contract.Response
	proto    int // major version of HTTP
	code     string
	messages []string
}

func (r reply) accepted() bool { return r.Missing == "" && r.StatusCode >= 200 && r.StatusCode < 300 }

// saysGone reports whether a customer that ought to be there seems not to be. Who
// is refused for the keys, the account or the path learns nothing of the customer.
func (r reply) saysGone() bool {
	switch r.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return false
	}
	return r.Missing == "" && !r.accepted()
}

// erase sends the one right request for the customer, changed by the edits.
func (s *session) erase(ctx context.Context, id string, edits ...edit) reply {
	return s.send(ctx, s.endpoint.http1, "/customers/"+escape(id), edits...)
}

// escape writes an id as one path segment. Dots are the caller's concern.
func escape(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// send sends a request to a path below the base path, exactly as written, and
// judges the answer. A redirect is an answer like any other.
func (s *session) send(ctx context.Context, via http.RoundTripper, path string, edits ...edit) reply {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.request(ctx, path, edits...)
	if err != nil { // the error quotes the URL
		s.found("request", contract.RuleNoResponse, "a request that cannot be written", "a response")
		return reply{Response: contract.Response{Missing: "not sent"}}
	}
	got := reply{}
	resp, err := via.RoundTrip(r.Clone(ctx)) // a copy, because transports may change it
	if err != nil {
		got.Missing, _ = whyNoAnswer(ctx, err)
	} else {
		got.Response, got.proto = contract.ReadResponse(resp), resp.ProtoMajor
		_ = resp.Body.Close() // it has been read
	}
	violations := s.checker.JudgeResponse(r, got.Response)
	s.mu.Lock()
	s.findings = append(s.findings, violations...)
	// Odd ids may be refused before anything else is looked at.
	if plain := !strings.ContainsAny(path, "%;+"); plain && len(edits) == 0 && len(s.checker.JudgeRequest(r)) == 0 && got.Missing == "" {
		s.right[got.StatusCode] = true
	}
	s.mu.Unlock()

	var body struct {
		Code     string
		Messages []string
	}
	_ = json.Unmarshal(got.Body, &body) // what is wrong with it has been found already
	got.code, got.messages = body.Code, body.Messages
	return got
}

// request returns the right request for a path, changed by the edits.
func (s *session) request(ctx context.Context, path string, edits ...edit) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, operationMethod, s.endpoint.baseURL.String()+path, nil)
	if err != nil {
		return nil, err
	}
	as(s.target.Credentials)(r)
	r.Header["User-Agent"] = []string{"yuno-customers-contract"}
	for _, e := range edits {
		e(r)
	}
	return r, nil
}
