package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

// TestEveryOperationHasCases fails for an operation without a file in this package.
func TestEveryOperationHasCases(t *testing.T) {
	t.Parallel()
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	judged := map[string]int{}
	for _, c := range Cases() {
		judged[c.Operation]++
	}
	documented := map[string]bool{}
	for _, r := range checker.Coverage().Responses {
		documented[r.Operation] = true
		if judged[r.Operation] < 20 {
			t.Errorf("operation %s has %d cases: add a file with its readOperation", r.Operation, judged[r.Operation])
		}
		i := slices.IndexFunc(readOperations, func(op readOperation) bool { return op.id == r.Operation })
		if i >= 0 && (readOperations[i].template != r.Path || r.Method != operationRead) {
			t.Errorf("operation %s is %s %s in the contract", r.Operation, r.Method, r.Path)
		}
	}
	for operation := range judged {
		if !documented[operation] {
			t.Errorf("operation %s is not documented", operation)
		}
	}
	if got := readCases(readOperations[0]); got[0].name != "retrieve-customer-of-another-account" {
		t.Errorf("the first case of a read is %s", got[0].name)
	}
}

// TestProbes expects an operation to be judged only if a probe shows that it is served, and
// the reason for not judging it in the report.
func TestProbes(t *testing.T) {
	t.Parallel()
	status := func(status int) mutation {
		return notFoundAs(func() rawResponse { return refuse(status, "INTERNAL_ERROR", "m") })
	}
	for name, tt := range map[string]struct {
		mutate mutation
		reason string // "" if it is judged
	}{
		"400":         {func(*reference) {}, ""},
		"404":         {notFoundAs(func() rawResponse { return refuse(404, codeNotFound, "Not found.") }), ""},
		"200":         {notFoundAs(func() rawResponse { return text(200, "{}") }), ""},
		"500":         {status(500), ""},
		"405":         {func(ref *reference) { ref.reads = nil }, "a probe got status 405"},
		"403":         {status(403), "a probe got status 403"},
		"429":         {status(429), "a probe got status 429"},
		"501":         {status(501), "a probe got status 501"},
		"503":         {status(503), "a probe got status 503"},
		"302":         {status(302), "a probe got status 302"},
		"404 as text": {notFoundAs(func() rawResponse { return rawResponse{404, http.Header{}, "not found"} }), "a probe got status 404 without an error body"},
		"404 for a path": {func(ref *reference) {
			ref.reads = nil
			ref.route = func(r *http.Request) (string, bool) {
				id, ok := routeCustomer(r)
				return id, ok && r.Method == http.MethodDelete
			}
		}, "a probe got status 404, as paths do that do not exist"},
		"404 for a path, after the keys": {func(ref *reference) {
			ref.reads = nil
			ref.serve = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, ok := findKeys(ref, r); ok && r.Method == http.MethodGet {
						r.URL.Path = "/nothing"
					} else if !ok {
						r.Method, r.URL.Path = http.MethodDelete, "/v1/customers/c1"
					}
					next.ServeHTTP(w, r)
				})
			}
		}, "a probe got status 404, as paths do that do not exist"},
		"broken connection": {notFoundAs(func() rawResponse { panic(http.ErrAbortHandler) }), "a probe got no response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReadingReference()
			tt.mutate(ref)
			target := ref.target()
			target.Operations = nil
			const judged = "retrieve-customer-not-found"
			r := resultOf(t, mustRun(t, target, only(judged), withoutWaits()), judged)
			if skipped := r.Outcome == Skipped; skipped != (tt.reason != "") || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("got %s %q, want it to be skipped because %q", r.Outcome, r.Reason, tt.reason)
			}
			for _, v := range r.Violations {
				if skipped := r.Outcome == Skipped; skipped {
					t.Errorf("a case that was skipped has violation %v", v)
				}
			}
		})
	}
}

func TestOperationsOfTheTarget(t *testing.T) {
	t.Parallel()
	ref := newReadingReference()
	target := ref.target()
	for _, operations := range [][]string{{byID, operationID}, {byMerchant, byID}, {byID}} {
		target.Operations = operations
		report := mustRun(t, target, WithoutCustomers())
		for _, c := range suite {
			r := resultOf(t, report, c.name)
			named := slices.Contains(operations, c.judged())
			if unserved := r.Reason == unservedPrefix+c.judged()+": it is not among its operations"; unserved == named {
				t.Errorf("operations %q: %s %s %q", operations, r.Name, r.Outcome, r.Reason)
			}
			if r.Outcome == Failed {
				t.Errorf("operations %q: %s failed: %v", operations, r.Name, r.Violations)
			}
		}
		for _, r := range report.Coverage.Responses {
			if !slices.Contains(operations, r.Operation) {
				t.Errorf("operations %q: %s counts for the coverage", operations, r.Operation)
			}
		}
	}
	for want, operations := range map[string][]string{`no operation is "list-customers"`: {operationID, "list-customers"}, "name at least one": {}} {
		target.Operations = operations
		if err := target.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("operations %q: got error %v, want one with %q", operations, err, want)
		}
	}
}
