package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// addCustomer makes the reference know a customer of an account.
func addCustomer(ref *reference, c Credentials, ids ...string) {
	ref.mu.Lock()
	defer ref.mu.Unlock()
	for _, id := range ids {
		ref.customers[c.AccountCode][id] = true
	}
}

func hasCustomer(ref *reference, c Credentials, id string) bool {
	ref.mu.Lock()
	defer ref.mu.Unlock()
	return ref.customers[c.AccountCode][id]
}

// A customer who was not named is not erased, however much the id resembles one that was.
func TestOthersAreNotErased(t *testing.T) {
	t.Parallel()
	named := []string{"anna", "bert", "carla", "dora", "emil", "Fritz", "gerd", "hans", "ina", "jan", "karl", "lea", "mia"}
	others := []string{"a", "b", "c", "x", "1", "customers"}
	for _, id := range named {
		others = append(others, swapCase(id), id+".json")
	}
	for _, strict := range []bool{true, false} {
		for name, change := range map[string]func(*reference, *Target){
			"Alone":       func(*reference, *Target) {},
			"WithExists":  func(ref *reference, target *Target) { target.Exists = ref.exists },
			"WithReads":   func(ref *reference, target *Target) { ref.reads, target.Operations = newReads(), nil },
			"NoCustomers": func(_ *reference, target *Target) { target.Customers = nil },
		} {
			t.Run(fmt.Sprintf("%s,Strict=%t", name, strict), func(t *testing.T) {
				t.Parallel()
				ref := newReference()
				addCustomer(ref, first, named...)
				addCustomer(ref, first, others...)
				addCustomer(ref, second, named...) // ids belong to accounts
				target := listTarget(ref, named...)
				target.Strict = strict
				change(ref, &target)
				wantNoAccusation(t, mustRun(t, target))
				for _, id := range others {
					if !hasCustomer(ref, first, id) {
						t.Errorf("%s is gone, and was not named", id)
					}
				}
				for _, id := range named {
					if !hasCustomer(ref, second, id) {
						t.Errorf("%s of the other account is gone", id)
					}
				}
			})
		}
	}
}

// One customer under two names is one: otherwise its second erasure looks like a fault.
func TestDuplicateCustomers(t *testing.T) {
	t.Parallel()
	for name, spell := range map[string]func(string) string{"Same": strings.Clone, "OtherCase": strings.ToUpper} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			changeID(strings.ToLower)(ref)
			ref.route = func(r *http.Request) (string, bool) {
				id, ok := routeCustomer(r)
				return strings.ToLower(id), ok
			}
			var list []string
			for _, id := range customersOf(t, ref, 6) {
				list = append(list, id, spell(id))
			}
			target := listTarget(ref, list...)
			target.Strict = false // ids have no case here
			target.Exists = func(ctx context.Context, id string) (bool, error) { return ref.exists(ctx, strings.ToLower(id)) }
			report := mustRun(t, target)
			wantNoAccusation(t, report)
			if report.CustomersGiven != 6 || report.CustomersUsed != 6 {
				t.Errorf("%d of %d customers used, want 6 of 6", report.CustomersUsed, report.CustomersGiven)
			}
		})
	}
}

func TestDistinct(t *testing.T) {
	t.Parallel()
	if got := distinct([]string{"a", "B", "A", "b", "c", "a"}); !slices.Equal(got, []int{0, 1, 4}) {
		t.Errorf("got %v", got)
	}
}

// Credentials that the target refuses show nothing about it.
func TestWrongSecondAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Credentials{
		"Keys":    {AccountCode: second.AccountCode, PublicAPIKey: second.PublicAPIKey, PrivateSecretKey: "a-wrong-secret-key"},
		"Account": {AccountCode: unknownID(), PublicAPIKey: second.PublicAPIKey, PrivateSecretKey: second.PrivateSecretKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newReadingReference().target()
			target.SecondAccount = c
			report := mustRun(t, target)
			wantNoAccusation(t, report)
			if r := resultOf(t, report, "customer-of-another-account"); r.Outcome != Skipped || !strings.Contains(r.Reason, "a second account that the target accepts: a valid request with them got status 40") {
				t.Errorf("got %s %q", r.Outcome, r.Reason)
			}
		})
	}
}

// A look-up that finds everybody, or fails, is reported once and accuses nobody.
func TestLookUpsThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		exists func(context.Context, string) (bool, error)
		want   string
	}{
		"FindsEverybody": {func(context.Context, string) (bool, error) { return true, nil }, "any id is"},
		"Fails":          {func(context.Context, string) (bool, error) { return false, errors.New("no database") }, "no database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			target := listTarget(ref, customersOf(t, ref, CustomersNeeded)...)
			var calls atomic.Int64
			target.Exists = func(ctx context.Context, id string) (bool, error) {
				calls.Add(1)
				return tt.exists(ctx, id)
			}
			report, err := Run(t.Context(), target)
			if err == nil || strings.Count(err.Error(), tt.want) != 1 || calls.Load() != 1 {
				t.Errorf("got error %v after %d calls, want one about %s", err, calls.Load(), tt.want)
			}
			if n := report.Count(Failed); n != 1 {
				t.Errorf("%d cases failed, want 1", n)
			}
			for _, r := range report.Results {
				if len(r.Violations) > 0 {
					t.Errorf("%s: %v", r.Name, r.Violations)
				}
			}
		})
	}
	t.Run("FindsNobody", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		target := listTarget(ref, customersOf(t, ref, CustomersNeeded)...)
		target.Exists = func(context.Context, string) (bool, error) { return false, nil }
		report := mustRun(t, target)
		wantNoAccusation(t, report)
		if r := resultOf(t, report, "accepted-is-gone"); r.Outcome != Skipped {
			t.Errorf("got %s %q", r.Outcome, r.Reason)
		}
	})
}

// A proxy may respond with 503 after the target has accepted: that the customer is gone
// when the request is sent again is nobody's fault.
func TestA503MayHideAnErasure(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"accepted", "repeated-delete", "customer-of-another-account", "id-near-miss", "refusals-change-nothing", "id-percent-encoded"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			var hidden sync.Map // by id
			changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
				res := erase(ref, account, id)
				if res.status != 202 {
					return res
				}
				if _, again := hidden.LoadOrStore(id, true); !again {
					res = refuse(503, "UNAVAILABLE", "m")
					res.header.Set("Retry-After", "1")
				}
				return res
			})(ref)
			report := mustRun(t, ref.target(), only(name), withoutWaits())
			wantNoAccusation(t, report)
		})
	}
}

func withoutWaits() RunOption {
	return func(c *runConfig) error {
		c.sleep = func(context.Context, time.Duration) {}
		return nil
	}
}

// A deletion without a response is a fault of its own, although the customer is gone.
func TestLostResponseOfAListedCustomer(t *testing.T) {
	t.Parallel()
	ref := newReference()
	ref.serve = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			if next.ServeHTTP(rec, r); rec.Code == http.StatusAccepted {
				panic(http.ErrAbortHandler)
			}
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	}
	report := mustRun(t, listTarget(ref, customersOf(t, ref, 1)...), only("accepted"))
	wantViolation(t, report, "accepted", contract.RuleNoResponse)
	if report.Hint != "" {
		t.Errorf("got hint %q", report.Hint)
	}
}

// A target that refuses everything because of its rate is asked a few times, not for hours.
func TestLimitWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, retryAfter := range map[string]string{"Seconds": "30", "Never": "3600", "Date": "Wed, 21 Oct 2026 07:28:00 GMT", "None": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			limitRate(http.StatusTooManyRequests, retryAfter, func(n int) bool { return n == 1 })(ref)
			var waits []time.Duration
			report := mustRun(t, ref.target(), withWaits(&waits))
			wantNoAccusation(t, report)
			if report.OK() || report.Count(Skipped) != len(suite) {
				t.Errorf("%d of %d cases skipped, OK %v", report.Count(Skipped), len(suite), report.OK())
			}
			if len(waits) > enoughLimited*maxWaits {
				t.Errorf("the suite waited %d times", len(waits))
			}
		})
	}
}

// A report of a run that was stopped says so: what was not judged is not right.
func TestStoppedRunIsNotOK(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ref := newReference()
	target := listTarget(ref, customersOf(t, ref, CustomersNeeded)...)
	report, err := Run(ctx, target, WithTrace(func(trace Trace) {
		if trace.Case == "keys-missing" {
			cancel()
		}
	}))
	if !errors.Is(err, context.Canceled) || report.Count(Passed) == 0 {
		t.Fatalf("got error %v with %d cases passed", err, report.Count(Passed))
	}
	if report.OK() || report.junit().Errors != 1 || report.CustomersUsed == 0 || report.CustomersUsed == CustomersNeeded {
		t.Errorf("OK %v, %d errors, %d customers used", report.OK(), report.junit().Errors, report.CustomersUsed)
	}
}

// The ids of the cases about strange ids belong to nobody, and match nobody.
func TestStrangeIDsMatchNobody(t *testing.T) {
	t.Parallel()
	ref := newReference()
	var ids []string
	ref.early = func(_ *reference, r *http.Request) {
		if id, ok := routeCustomer(r); ok {
			ids = append(ids, id)
		}
	}
	target := ref.target()
	target.NewCustomer = nil
	mustRun(t, target)
	for _, id := range ids {
		pattern := strings.Trim(id, "%*_")
		if strings.Contains(strings.ToUpper(id), "DROP") || strings.Contains(id, "'1'='1") || strings.Contains(id, "1=1") || pattern == "" {
			t.Errorf("a server that reads %q as a statement or a pattern erases customers", id)
		}
		if len(id) > 1 && len(id) < 16 && wire.CheckCustomerID(id) == nil {
			t.Errorf("a server may have a customer %q", id)
		}
	}
}
