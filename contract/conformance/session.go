package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// session is the state of one run, which its cases share.
type session struct {
	target   Target
	endpoint *endpoint
	checker  *contract.Checker
	timeout  time.Duration // of one request, and of one call of a function of the target
	rounds   int           // of the timing case; 0 leaves it out
	now      func() time.Time

	operation   string            // that the current case is about
	unserved    map[string]string // why an operation is not judged, by operationId
	merchantIDs map[string]string // by customer id; see showsMerchantID
	aside       *aside            // nil if no case has asked for it
	proof       proof
	sleep       func(ctx context.Context, d time.Duration)
	limited     bool // the target refused a request of the current case because of its rate

	unused []string // the Target.Customers that no case has used yet
	kept   string   // see keptCustomer; "" if no case has asked for it

	mu           sync.Mutex
	findings     []contract.Violation // of the current case
	statusesSeen map[int]bool         // of the responses to valid requests; see hint
}

// errNoCustomer ends a case for which the target has no customer left.
var errNoCustomer = errors.New("no customer left")

// skipError ends a case that turns out not to apply to the target.
type skipError string

func (e skipError) Error() string { return string(e) }

// customer returns the id of a customer that exists and that the case may erase.
func (s *session) customer(ctx context.Context) (string, error) {
	if s.target.NewCustomer != nil {
		return s.newCustomer(ctx)
	}
	if len(s.unused) == 0 {
		return "", errNoCustomer
	}
	id := s.unused[0]
	s.unused = s.unused[1:]
	return id, s.prove(ctx, id)
}

func (s *session) newCustomer(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	id, err := s.target.NewCustomer(ctx)
	if err != nil {
		return "", fmt.Errorf("conformance: creating a customer: %w", err)
	}
	if err := wire.CheckCustomerID(id); err != nil {
		return "", fmt.Errorf("conformance: the id of a new customer %w", err)
	}
	s.proof.existing[id] = true
	return id, nil
}

// keptCustomer returns the id of a customer that exists and that no case may erase. It is
// the same customer in every case, unless the implementation erases it by mistake.
func (s *session) keptCustomer(ctx context.Context) (string, error) {
	if s.kept == "" {
		id, err := s.customer(ctx)
		if err != nil {
			return "", err
		}
		s.kept = id
	}
	return s.kept, nil
}

// refusalTarget returns the id of a customer for requests that must be refused: the kept
// customer or, for strict targets without customers, an unknown one.
func (s *session) refusalTarget(ctx context.Context) (string, error) {
	id, err := s.keptCustomer(ctx)
	if errors.Is(err, errNoCustomer) && s.target.Strict {
		return unknownID(), nil
	}
	return id, err
}

// unknownID returns an id that no customer has.
func unknownID() string { return wire.NewUUID() }

// exists asks the target whether it has the customer.
func (s *session) exists(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	exists, err := s.target.Exists(ctx, id)
	if err != nil {
		return false, fmt.Errorf("conformance: looking up a customer: %w", err)
	}
	return exists, nil
}

// erase sends the one valid request for the customer, changed by the edits.
func (s *session) erase(ctx context.Context, id string, edits ...edit) response {
	return s.send(ctx, s.endpoint.http1, customerPath(id), edits...)
}

// send sends a request to a path below the base path, exactly as written, and judges the
// response. It does not follow redirects. If the target asks it to wait, it does, and sends
// the request again.
func (s *session) send(ctx context.Context, via http.RoundTripper, path string, edits ...edit) response {
	for range maxWaits {
		resp := s.sendOnce(ctx, via, path, edits...)
		wait, asked := resp.asksToWait()
		if !asked {
			return resp
		}
		s.sleep(ctx, wait)
	}
	resp := s.sendOnce(ctx, via, path, edits...)
	if _, asked := resp.asksToWait(); asked {
		s.mu.Lock()
		s.limited = true
		s.mu.Unlock()
	}
	return resp
}

func (s *session) sendOnce(ctx context.Context, via http.RoundTripper, path string, edits ...edit) response {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.request(ctx, path, edits...)
	if err != nil { // not printed, because it quotes the URL
		s.found("request", contract.RuleNoResponse, "a request that cannot be sent", "a response")
		return response{Response: contract.Response{Missing: "not sent"}}
	}
	resp := exchange(ctx, via, r)
	violations := s.checker.JudgeResponse(r, resp.Response)
	// An id with unusual characters may be refused before the keys are checked, so the
	// response says nothing about them.
	usual := len(edits) == 0 && !strings.ContainsAny(path, "%;+")

	s.mu.Lock()
	defer s.mu.Unlock()
	if _, asked := resp.asksToWait(); asked { // a limiter stands before everything else
		violations = slices.DeleteFunc(violations, func(v contract.Violation) bool { return v.Rule == contract.RuleStatus })
	}
	s.findings = append(s.findings, violations...)
	s.proof.accepted = s.proof.accepted || resp.accepted() && r.Method == operationMethod
	if usual && resp.received() && len(s.checker.JudgeRequest(r)) == 0 {
		s.statusesSeen[resp.StatusCode] = true
	}
	return resp
}

// found records a violation.
func (s *session) found(place string, rule contract.Rule, found, expected string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings = append(s.findings, contract.Violation{Operation: s.operation, Place: place, Rule: rule, Found: found, Expected: expected})
}

// ignoringFindings returns what f returns and drops the violations found meanwhile.
func (s *session) ignoringFindings(f func() response) response {
	s.mu.Lock()
	n := len(s.findings)
	s.mu.Unlock()
	resp := f()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings = s.findings[:n]
	return resp
}

// dropLast removes the last finding of the case if it is of the given rule.
func (s *session) dropLast(rule contract.Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.findings); n > 0 && s.findings[n-1].Rule == rule {
		s.findings = s.findings[:n-1]
	}
}
