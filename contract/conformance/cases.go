package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// A testCase is one case of the suite. Run and Exercise run the same cases.
type testCase struct {
	name      string // stable: baselines and reports contain it
	why       string // what goes wrong in production if the case fails
	operation string // operationId; empty for the deletion
	needs     need
	run       func(ctx context.Context, s *session) error
}

// suite lists the cases in the order in which they run: first what must be accepted, then
// what must be refused, then the reads, and at the end that no refused request had an
// effect.
var suite []testCase

// init puts the suite together, after every operation has added itself.
func init() {
	slices.SortFunc(readOperations, func(a, b readOperation) int { return strings.Compare(a.id, b.id) })
	suite = slices.Concat(
		acceptedCases,
		keyCases(),
		accountCases,
		customerIDCases,
		nearMissCases,
		pathCases(),
		methodCases(),
		overrideCases,
		bodyCases,
		protocolCases,
	)
	for _, op := range readOperations {
		suite = append(suite, readCases(op)...)
	}
	for _, op := range readOperations {
		suite = append(suite, readClosingCases(op)...)
	}
	suite = append(suite, closingCases...)
}

// A CaseInfo describes one case of the suite.
type CaseInfo struct {
	Name      string   `json:"name"`            // stable across versions
	Operation string   `json:"operation"`       // operationId
	Why       string   `json:"why"`             // what goes wrong in production if the case fails
	Needs     []string `json:"needs,omitempty"` // what a target must offer, in words
}

// Cases lists the suite in the order in which it runs.
func Cases() []CaseInfo {
	var list []CaseInfo
	for _, c := range suite {
		list = append(list, CaseInfo{Name: c.name, Operation: c.judged(), Why: c.why, Needs: c.needs.names()})
	}
	return list
}

// judged returns the operation that the case is about.
func (c testCase) judged() string {
	if c.operation == "" {
		return operationID
	}
	return c.operation
}

func isCase(name string) bool {
	return slices.ContainsFunc(suite, func(c testCase) bool { return c.name == name })
}

// erases reports whether the named case passes only if it erased a customer.
func erases(name string) bool {
	return slices.ContainsFunc(suite, func(c testCase) bool { return c.name == name && c.needs&needsCustomer != 0 })
}

// need is a set of things that a target must offer for a case to run.
type need int

const (
	needsStrict   need = 1 << iota // judges what the specification leaves open
	needsCustomer                  // erases a customer
	// needsRefusalTarget marks cases whose requests must be refused for a reason other
	// than the customer. Unless codes are judged (strict), a refusal for that reason looks
	// like one because of an unknown customer, so the customer must exist. It is kept.
	needsRefusalTarget
	needsKeptCustomer // like needsRefusalTarget, but strict targets need the customer too
	needsSecondAccount
	needsHTTP2
	needsExists
	needsLoopback      // puts a key into a URL, which any proxy on the way would log
	needsCustomerAside // see aside
	needsTiming
)

var needNames = []struct {
	need need
	name string
}{
	{needsStrict, "a strict target"},
	{needsCustomer, aCustomer},
	{needsRefusalTarget, "customers that may be erased, or a strict target"},
	{needsKeptCustomer, aCustomer},
	{needsSecondAccount, "credentials of a second account"},
	{needsHTTP2, "a target that can be asked for HTTP/2"},
	{needsExists, "a way to look up customers (Target.Exists)"},
	{needsLoopback, "a target on this machine, because a key goes into a URL"},
	{needsCustomerAside, aCustomer},
	{needsTiming, "the timing option"},
}

func (n need) names() []string {
	var names []string
	for _, item := range needNames {
		if n&item.need != 0 {
			names = append(names, item.name)
		}
	}
	return names
}

// unservedPrefix begins the reason of cases about an operation that is not served.
const unservedPrefix = "needs a target that serves "

// missing returns what the target lacks for a case, or "".
func (s *session) missing(c testCase) string {
	if why := s.unserved[c.judged()]; why != "" {
		return unservedPrefix + c.judged() + ": " + why
	}
	n := c.needs
	customers := s.target.NewCustomer != nil || len(s.unused) > 0
	lacks := map[need]bool{
		needsStrict:        !s.target.Strict,
		needsCustomer:      !customers,
		needsRefusalTarget: !s.target.Strict && !customers && s.kept == "",
		needsKeptCustomer:  !customers && s.kept == "",
		needsSecondAccount: s.target.SecondAccount == (Credentials{}),
		needsHTTP2:         s.endpoint.http2 == nil,
		needsExists:        !s.looksUp(),
		needsLoopback:      !wire.IsLoopback(s.endpoint.baseURL.Hostname()),
		needsCustomerAside: !customers && s.aside == nil,
		needsTiming:        s.rounds == 0,
	}
	if n&needsSecondAccount != 0 && s.secondRefused != "" {
		return "needs credentials of a second account that the target accepts: a valid request with them got " + s.secondRefused
	}
	for _, item := range needNames {
		if n&item.need != 0 && lacks[item.need] {
			if item.name == aCustomer {
				return "needs " + s.moreCustomers()
			}
			return "needs " + item.name
		}
	}
	return ""
}

const aCustomer = "customers that may be erased"

// moreCustomers says which customers are missing.
func (s *session) moreCustomers() string {
	if s.given > 0 {
		return fmt.Sprintf("more customers that may be erased: the cases before have used the %d given, and a run uses up to %d", s.given, CustomersNeeded)
	}
	return aCustomer
}

// A caseFunc sends the requests of a case about one customer and records its findings in
// the session.
type caseFunc func(ctx context.Context, s *session, id string)

// onCustomer runs f with a customer that it may erase.
func onCustomer(f caseFunc) func(context.Context, *session) error {
	return on((*session).customer, func(ctx context.Context, s *session, id string) {
		s.proof.giveUnknown(id)
		f(ctx, s, id)
	})
}

// onRefusalTarget runs f with a customer for requests that must be refused.
func onRefusalTarget(f caseFunc) func(context.Context, *session) error {
	return on((*session).refusalTarget, f)
}

// onKeptCustomer runs f with a customer that exists and that f must not erase.
func onKeptCustomer(f caseFunc) func(context.Context, *session) error {
	return on((*session).keptCustomer, f)
}

// onUnknownCustomer runs f with an id that no customer has.
func onUnknownCustomer(f caseFunc) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error {
		f(ctx, s, unknownID())
		return nil
	}
}

func on(customer func(*session, context.Context) (string, error), f caseFunc) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error {
		id, err := customer(s, ctx)
		if err != nil {
			return err
		}
		f(ctx, s, id)
		return nil
	}
}
