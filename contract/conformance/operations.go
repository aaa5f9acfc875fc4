package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// A readOperation is an operation that retrieves one customer. Each has a file of its own,
// which adds it; see addRead.
type readOperation struct {
	id        string // operationId
	template  string // its path in the contract
	parameter string // the parameter that names the customer
	property  string // of a customer, with the same value as the parameter

	// locate returns the path and query that name the customer with a value of the
	// parameter.
	locate func(value string) string

	// value returns the value of the parameter for a customer. A skipError says what the
	// target lacks for that.
	value func(ctx context.Context, s *session, id string) (string, error)

	strange    []string // values of no customer that a target may refuse
	longest    []string // likewise, but valid
	tooLong    []string
	nearMisses func(value string, strict bool) []nearMiss
	wrongPaths func(value string) []string // that are no operation's

	own []testCase // beside the cases that every such operation has
}

const operationRead = http.MethodGet

var readOperations []readOperation

// addRead adds an operation to the suite. It is called before init, which builds the suite.
func addRead(op readOperation) readOperation { //nolint:unparam // the result lets a variable of the package call it
	readOperations = append(readOperations, op)
	return op
}

// allOperations lists the operations that the suite judges.
func allOperations() []string {
	ids := []string{operationID}
	for _, op := range readOperations {
		ids = append(ids, op.id)
	}
	return ids
}

// serves reports whether the target serves an operation, as far as known.
func (s *session) serves(id string) bool { return s.unserved[id] == "" }

// documents reports whether a method of a customer's path belongs to an operation that the
// target serves.
func (s *session) documents(method string) bool {
	return method == operationMethod || method == operationRead && slices.ContainsFunc(readOperations, func(op readOperation) bool {
		return op.template == customerTemplate && s.serves(op.id)
	})
}

// findOperations learns which operations the target serves: those of Target.Operations or,
// without them, the deletion and those whose probe shows that they are served.
func (s *session) findOperations(ctx context.Context) error {
	s.unserved = map[string]string{}
	var served []string
	for _, id := range allOperations() {
		switch named := s.target.Operations; {
		case named != nil && !slices.Contains(named, id):
			s.unserved[id] = "it is not among its operations"
		case named == nil && id != operationID:
			if why := s.probeRead(ctx, id); why != "" {
				s.unserved[id] = why + "; name it among the operations to have it judged"
			}
		}
		if s.serves(id) {
			served = append(served, id)
		}
	}
	checker, err := s.target.checker(served...)
	s.checker = checker
	return err
}

// probeRead asks for an unknown customer and returns why that does not show that the
// operation is served, or "". It accuses nobody: the cases judge what is served.
func (s *session) probeRead(ctx context.Context, id string) string {
	op := readOperations[slices.IndexFunc(readOperations, func(op readOperation) bool { return op.id == id })]
	var resp, keyless response
	s.ignoringFindings(func() response {
		resp = s.read(ctx, op.locate(unknownID()))
		keyless = s.read(ctx, op.locate(unknownID()), withoutHeaders(publicHeader, secretHeader))
		return resp
	})
	got := fmt.Sprintf("a probe got status %d", resp.StatusCode)
	switch {
	case !resp.received():
		return "a probe got no response"
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusBadRequest, resp.StatusCode == http.StatusInternalServerError:
		return ""
	case resp.StatusCode != http.StatusNotFound:
		return got
	case resp.code == "":
		return got + " without an error body"
	case keyless.StatusCode == http.StatusNotFound, s.refusesUnknownPaths(ctx):
		return got + ", as paths do that do not exist"
	}
	return "" // the customer is unknown and not the path, because the keys count
}

// refusesUnknownPaths reports whether the target refuses a request without keys for a path
// that does not exist. If so, a refusal of the keys does not show that a path exists.
func (s *session) refusesUnknownPaths(ctx context.Context) bool {
	resp := s.ignoringFindings(func() response {
		return s.read(ctx, "/nothing", withoutHeaders(publicHeader, secretHeader))
	})
	return resp.StatusCode != http.StatusNotFound
}

// read sends the valid request for a path of a read, changed by the edits. No account
// header is documented for reads.
func (s *session) read(ctx context.Context, path string, edits ...edit) response {
	edits = append([]edit{withMethod(operationRead), withoutHeaders(accountHeader)}, edits...)
	return s.send(ctx, s.endpoint.http1, path, edits...)
}

// withKeys sends a read with other keys.
func withKeys(c Credentials) edit { return all(as(c), withoutHeaders(accountHeader)) }

// labelled adds a label to what f finds, for a case that sends several requests.
func (s *session) labelled(label string, f func()) {
	s.mu.Lock()
	n := len(s.findings)
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := n; i < len(s.findings); i++ {
		s.findings[i].Found += " (" + label + ")"
	}
}

// expectUnknown wants one of the two documented responses for an unknown customer. A 404
// without an error body is the response of an address at which nothing is served.
func (s *session) expectUnknown(resp response) {
	s.expectStatus(resp, http.StatusBadRequest, http.StatusNotFound)
	switch {
	case resp.StatusCode == http.StatusBadRequest:
		s.expectCode(resp, codeCustomerNotFound)
	case resp.StatusCode == http.StatusNotFound && resp.code == "":
		s.found("response body", RuleCaseAddress, "a 404 without a code", "an error body, which tells an unknown customer from a wrong address", resp)
	case resp.StatusCode == http.StatusNotFound:
		s.expectCode(resp, codeNotFound, codeCustomerNotFound)
	}
}

// expectReadRefused wants the status and one of the codes from a strict target, and any
// client error from another.
func (s *session) expectReadRefused(resp response, status int, codes ...string) {
	kept := s.kept
	s.expectRefusal(resp, status, codes...)
	s.kept = kept // a read erases nobody; see readChangesNothing
	if resp.accepted() && len(resp.Body) > 0 {
		s.found("response body", RuleCaseDisclosed, "a response with content", "a refusal", resp)
	}
}

// expectCustomer wants the customer with a value of the operation's parameter.
func (s *session) expectCustomer(resp response, op readOperation, value, id string) {
	s.expectStatus(resp, http.StatusOK)
	if resp.StatusCode != http.StatusOK {
		return
	}
	object := resp.object()
	for property, want := range map[string]string{op.property: value, "id": id} {
		got, ok := object[property]
		text, _ := got.(string)
		// No property is required, and UUIDs have no case.
		lenient := !s.target.Strict && (!ok || property == "id" && wire.IsUUID(want) && strings.EqualFold(text, want))
		switch {
		case got == want, lenient:
		case !ok:
			s.found("response body /"+property, contract.RuleSchema, "no value", "the value that the request names", resp)
		default:
			s.found("response body /"+property, RuleCaseOtherID, "another value than the one asked for", "the same value", resp)
		}
	}
}
