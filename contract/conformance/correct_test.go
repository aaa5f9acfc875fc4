package conformance

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func TestCorrectStrictServer(t *testing.T) {
	t.Parallel()
	ref := newReadingReference()
	wantAllPassed(t, mustRun(t, ref.target()), "key-check-time", "method-get")
	if n := ref.deletes.Load(); n != CustomersNeeded {
		t.Errorf("the run erased %d customers, CustomersNeeded is %d", n, CustomersNeeded)
	}
}

func TestCorrectBareServer(t *testing.T) {
	t.Parallel()
	b := newBare()
	report := mustRun(t, Target{Handler: b.handler(), Credentials: first, NewCustomer: b.newCustomer})
	for _, r := range report.Results {
		if r.Outcome == Failed {
			t.Errorf("%s: %v", r.Name, r.Violations)
		}
		if r.Outcome == Skipped && !strings.HasPrefix(r.Reason, "needs ") {
			t.Errorf("%s skipped: %s", r.Name, r.Reason)
		}
	}
	if report.Count(Passed) < 25 {
		t.Errorf("%d cases passed, want 25 or more", report.Count(Passed))
	}
}

// A list of CustomersNeeded customers is enough, because each is used once.
func TestCorrectServerWithListOfCustomers(t *testing.T) {
	t.Parallel()
	ref := newReadingReference()
	target := ref.target()
	for range CustomersNeeded {
		id, _ := ref.newCustomer(context.Background())
		target.Customers = append(target.Customers, id)
	}
	target.NewCustomer = nil
	wantAllPassed(t, mustRun(t, target), "key-check-time", "method-get")
}

// The names that the suite uses are those of the contract.
func TestOperation(t *testing.T) {
	t.Parallel()
	checker, err := (Target{Strict: true}).checker(operationID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range checker.Coverage().Responses {
		if r.Operation != operationID || r.Method != operationMethod || r.Path != "/customers/{"+customerIDParameter+"}" {
			t.Errorf("got %s %s %s", r.Operation, r.Method, r.Path)
		}
	}
	s := &session{target: Target{Credentials: first}, endpoint: &endpoint{baseURL: &url.URL{Scheme: "https", Host: "host", Path: checker.BasePath()}}}
	for _, tt := range []struct {
		header string
		want   int
	}{{"none", 0}, {accountHeader, 1}, {publicHeader, 1}, {secretHeader, 1}} {
		r, err := s.request(t.Context(), customerPath("c1"), withoutHeaders(tt.header))
		if err != nil {
			t.Fatal(err)
		}
		if got := checker.JudgeRequest(r); len(got) != tt.want {
			t.Errorf("without header %s: found %v, want %d violations", tt.header, got, tt.want)
		}
	}
}

func TestCorrectReads(t *testing.T) {
	t.Parallel()
	for name, mutate := range map[string]mutation{
		"Deleted":        func(*reference) {},
		"Anonymised":     leave(anonymous),
		"NotFoundIs404":  notFoundAs(func() rawResponse { return refuse(404, codeNotFound, "Not found.") }),
		"NotFoundInA404": notFoundAs(func() rawResponse { return refuse(404, codeCustomerNotFound, "Customer not found.") }),
		"Masked": leave(func(object map[string]any) map[string]any {
			left := anonymous(object)
			left["email"], left["first_name"], left["gender"] = "a***@example.com", "REDACTED", "***"
			left["phone"] = map[string]any{"country_code": "44", "number": "xxxxxx"}
			left["metadata"] = []any{}
			return left
		}),
		// A copy that lags behind shows the customer once more.
		"Late": func(ref *reference) {
			var reads atomic.Int64
			ref.reads.erased = func(object map[string]any) map[string]any {
				if reads.Add(1) == 1 {
					return object
				}
				return nil
			}
		},
		// The specification does not say whether ids are case-sensitive.
		"IDsInUpperCase": showInstead(func(object map[string]any) { object["id"] = strings.ToUpper(object["id"].(string)) }),
		// Nothing is documented as required.
		"NoPropertyButTheMerchantsID": showInstead(func(object map[string]any) { without(object, "id", "first_name", "email") }),
	} {
		for _, strict := range []bool{true, false} {
			if strict && (name == "NoPropertyButTheMerchantsID" || name == "IDsInUpperCase") {
				continue
			}
			t.Run(fmt.Sprintf("%s,Strict=%t", name, strict), func(t *testing.T) {
				t.Parallel()
				ref := newReadingReference()
				mutate(ref)
				target := ref.target()
				target.Strict = strict
				report := mustRun(t, target, onlyReads(), WithoutCustomers())
				if err := report.Err(); err != nil {
					t.Error(err)
				}
				for _, r := range report.Results {
					if r.Outcome == Failed {
						t.Errorf("%s: %v", r.Name, r.Violations)
					}
					if r.Outcome == Skipped && strings.Contains(r.Name, "retrieve") && !strings.Contains(r.Reason, "a strict target") {
						t.Errorf("%s skipped: %s", r.Name, r.Reason)
					}
				}
			})
		}
	}
}
