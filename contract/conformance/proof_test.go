package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

// listTarget returns a target that offers a list of ids and no way to look them up.
func listTarget(ref *reference, ids ...string) Target {
	target := ref.target()
	target.NewCustomer, target.Exists, target.Customers = nil, nil, ids
	return target
}

func customersOf(t *testing.T, ref *reference, n int) []string {
	t.Helper()
	var ids []string
	for range n {
		id, err := ref.newCustomer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// wantNoAccusation expects a run without a failed case.
func wantNoAccusation(t *testing.T, report Report) {
	t.Helper()
	for _, r := range report.Results {
		if r.Outcome == Failed {
			t.Errorf("%s accuses a correct server: %v", r.Name, r.Violations)
		}
	}
}

// A correct server knows no customer that was erased before or never existed.
func TestUnknownCustomersProveNothing(t *testing.T) {
	t.Parallel()
	const hint = "none of the customers given was known to the target"
	for name, reads := range map[string]bool{"DeletionOnly": false, "WithReads": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := func() *reference {
				if reads {
					return newReadingReference()
				}
				return newReference()
			}
			t.Run("NeverExisted", func(t *testing.T) {
				t.Parallel()
				ref := server()
				var ids []string
				for range CustomersNeeded {
					ids = append(ids, unknownID())
				}
				report := mustRun(t, listTarget(ref, ids...))
				wantNoAccusation(t, report)
				if report.OK() || !strings.Contains(report.Hint, hint) || !strings.Contains(report.Err().Error(), hint) {
					t.Errorf("got %v with hint %q", report.Err(), report.Hint)
				}
				if r := resultOf(t, report, "accepted"); r.Outcome != Skipped || r.Reason != whyUnknown.Error() {
					t.Errorf("accepted: %s %q", r.Outcome, r.Reason)
				}
			})
			t.Run("UsedTwice", func(t *testing.T) {
				t.Parallel()
				ref := server()
				ids := customersOf(t, ref, CustomersNeeded)
				report := mustRun(t, listTarget(ref, ids...))
				wantNoAccusation(t, report)
				if !report.OK() || report.Hint != "" {
					t.Errorf("first run: %v, hint %q", report.Err(), report.Hint)
				}
				report = mustRun(t, listTarget(ref, ids...))
				wantNoAccusation(t, report)
				if report.OK() || !strings.Contains(report.Hint, hint) && !strings.Contains(report.Hint, "customers given that are not known") {
					t.Errorf("second run: %v, hint %q", report.Err(), report.Hint)
				}
			})
			t.Run("SomeUnknown", func(t *testing.T) {
				t.Parallel()
				ref := server()
				ids := customersOf(t, ref, 2*CustomersNeeded)
				for i := 0; i < len(ids); i += 3 {
					ids[i] = unknownID()
				}
				report := mustRun(t, listTarget(ref, ids...))
				wantNoAccusation(t, report)
				if !report.OK() || report.Hint != "" {
					t.Errorf("got %v, hint %q", report.Err(), report.Hint)
				}
			})
		})
	}
}

// Cases that come after the last customer of a list say that it was used up.
func TestCustomersUsedUp(t *testing.T) {
	t.Parallel()
	ref := newReference()
	report := mustRun(t, listTarget(ref, customersOf(t, ref, 2)...))
	want := fmt.Sprintf("needs more customers that may be erased: the cases before have used the 2 given, and a run uses up to %d", CustomersNeeded)
	n := 0
	for _, r := range report.Results {
		if r.Outcome == Skipped && r.Reason == want {
			n++
		}
	}
	if n == 0 {
		t.Errorf("no case says %q", want)
	}
}

// A wrong server is caught with a list as well, if it shows that the customer existed.
func TestAccusationsByAList(t *testing.T) {
	t.Parallel()
	byOther := changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if account == second.AccountCode {
			erase(ref, first.AccountCode, id)
		}
		return erase(ref, account, id)
	})
	for _, tt := range []struct {
		name, by string
		mutate   mutation
		rule     contract.Rule
		proof    func(ref *reference, target *Target)
	}{
		{"500 for a repeated delete", "repeated-delete", failOnRepeat, RuleCaseStatus, nil},
		{"204", "accepted", replaceStatus(202, 204), contract.RuleStatus, nil},
		{"id not decoded", "id-percent-encoded", changeRoute(func(r *http.Request, route routeFunc) (string, bool) {
			_, ok := route(r)
			return strings.TrimPrefix(r.URL.EscapedPath(), "/v1/customers/"), ok
		}), RuleCaseStatus, nil},
		{"another account, with Exists", "customer-of-another-account", byOther, RuleCaseErased,
			func(ref *reference, target *Target) { target.Exists = ref.exists }},
		{"another account, with a read", "customer-of-another-account", byOther, RuleCaseErased,
			func(ref *reference, target *Target) { ref.reads, target.Operations = newReads(), nil }},
		{"erases before it checks, with Exists", "refusals-change-nothing", eraseBeforeChecks, RuleCaseErased,
			func(ref *reference, target *Target) { target.Exists = ref.exists }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			tt.mutate(ref)
			target := listTarget(ref, customersOf(t, ref, CustomersNeeded)...)
			if tt.proof != nil {
				tt.proof(ref, &target)
			}
			wantViolation(t, mustRun(t, target, only(tt.by)), tt.by, tt.rule)
		})
	}
}

// limitRate refuses every second request with the status and a Retry-After.
func limitRate(status int, retryAfter string, allowed func(n int) bool) mutation {
	return wrapHandler(func(next http.Handler) http.Handler {
		var requests atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := int(requests.Add(1))
			if allowed(n) {
				next.ServeHTTP(w, r)
				return
			}
			res := refuse(status, "TOO_MANY_REQUESTS", "m")
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Request-Id", "limited-"+strconv.Itoa(n))
			w.Header().Set("Retry-After", retryAfter)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(res.body))
		})
	})
}

// withWaits records how long the suite waits, and does not wait.
func withWaits(waits *[]time.Duration) RunOption {
	var mu sync.Mutex
	return func(c *runConfig) error {
		c.sleep = func(_ context.Context, d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			*waits = append(*waits, d)
		}
		return nil
	}
}

func TestRateLimitsAreHonoured(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			ref := newReadingReference()
			limitRate(status, "7", func(n int) bool { return n%2 == 0 })(ref)
			var waits []time.Duration
			target := ref.target()
			target.Operations = allOperations() // a probe that is refused shows nothing
			report := mustRun(t, target, withWaits(&waits))
			wantNoAccusation(t, report)
			if !report.OK() {
				t.Error(report.Err())
			}
			if len(waits) < 100 || slices.Max(waits) != 7*time.Second || slices.Min(waits) != 7*time.Second {
				t.Errorf("the suite waited %d times", len(waits))
			}
		})
	}
	t.Run("Always", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		limitRate(429, "1", func(n int) bool { return n == 1 })(ref)
		var waits []time.Duration
		report := mustRun(t, ref.target(), withWaits(&waits), only("accepted"))
		wantNoAccusation(t, report)
		if r := resultOf(t, report, "accepted"); r.Reason != skipLimited.Error() || report.OK() || len(waits) != maxWaits {
			t.Errorf("got %s %q after %d waits", r.Outcome, r.Reason, len(waits))
		}
	})
	for name, retryAfter := range map[string]string{"TooLong": "31", "Date": "Wed, 21 Oct 2026 07:28:00 GMT", "Text": "soon"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			limitRate(503, retryAfter, func(n int) bool { return n == 1 })(ref)
			var waits []time.Duration
			report := mustRun(t, ref.target(), withWaits(&waits), only("accepted"))
			if len(waits) > 0 {
				t.Errorf("the suite waited %v", waits)
			}
			wantViolation(t, report, "accepted", RuleCaseStatus)
		})
	}
}

func TestSleepEndsWithTheRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sleep(ctx, time.Hour) // returns at once
}
