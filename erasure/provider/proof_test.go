package provider

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

var unproven = erasure.Outcome{Kind: retry, Reason: "not_found_unproven", Status: 404}

// onlyCustomer is the progress of a target whose provider deletes by customer.
var onlyCustomer = erasure.Progress{References: erasure.References{Customer: "cus_123"}}

// Credentials that reach another place find nobody there, at every entry that knows how
// its provider says so.
func TestNotFoundElsewhere(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]providersim.Place{
		"stripe": providersim.OtherMode, "mollie": providersim.OtherMode, "conekta": providersim.OtherMode,
		"adyen": providersim.OtherAccount, "openpay": providersim.OtherAccount, "mercado_pago": providersim.OtherMode,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, sim := simulate(t, name)
			sim.Reach(place)
			for range 3 {
				got := c.Erase(t.Context(), erasure.Progress{References: someone})
				if got.Kind != retry || got.Reason != "not_found_unproven" || got.Progress != nil {
					t.Fatalf("got %+v", got)
				}
			}
			if n := len(sim.Requests()) - len(withoutReads(sim)); n > 1 {
				t.Errorf("%d checks within a minute, want at most 1", n)
			}
			// With the right credentials, everything is deleted.
			sim.Reach(providersim.Right)
			if got := c.Erase(t.Context(), erasure.Progress{References: someone}); got.Kind != succeeded {
				t.Errorf("then: %+v", got)
			}
		})
	}
}

// What one call does not find is gone once another call has deleted something.
func TestNotFoundBeforeADeletion(t *testing.T) {
	t.Parallel()
	t.Run("GoesOn", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Forget("tok_1")
		refs := erasure.References{Customer: "cus_123", Tokens: []string{"tok_1"}, Payments: []string{"pay_1"}}
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: refs}), erasure.Outcome{Kind: succeeded, Reason: "erasure_accepted", Status: 200})
	})
	t.Run("AndComesBack", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Forget("tok_1")
		first := c.Erase(t.Context(), erasure.Progress{References: someone})
		wantOutcome(t, first, erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "more_to_do"})
		want := erasure.Progress{References: erasure.References{Customer: "cus_123", Tokens: []string{"tok_2"}}, Done: []string{"request_subject_erasure"}, Deleted: true}
		if first.Progress == nil || !reflect.DeepEqual(*first.Progress, want) {
			t.Fatalf("left %+v, want %+v", first.Progress, want)
		}
		wantOutcome(t, c.Erase(t.Context(), *first.Progress), erasure.Outcome{Kind: succeeded, Status: 204})
		for reference, asked := range map[string]int{"tok_1": 1, "tok_2": 1, "pay_1": 1, "pay_2": 1} {
			if got := sim.Record(reference).Asked; got != asked {
				t.Errorf("%s: asked %d times", reference, got)
			}
		}
	})
	t.Run("ButNotWithoutTime", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Forget("tok_1")
		ctx, cancel := context.WithTimeout(t.Context(), c.timeout-time.Second)
		defer cancel()
		got := c.Erase(ctx, erasure.Progress{References: someone})
		wantOutcome(t, got, erasure.Outcome{Kind: retry, Reason: "not_found_unproven", Status: 422})
		if got.Progress != nil {
			t.Errorf("left %+v", got.Progress)
		}
	})
}

// A payment that Adyen does not find is not gone without a proof, and one that it has
// processed is.
func TestAdyenPayments(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]erasure.Outcome{
		"PAYMENT_NOT_FOUND": {Kind: retry, Reason: "not_found_unproven", Status: 200},
		"ALREADY_PROCESSED": {Kind: gone, Status: 200},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"result":%q}`, result)
		}))
		t.Cleanup(server.Close)
		c := connect(t, useEntry("adyen", map[string]string{"checkout_url": server.URL, "data_protection_url": server.URL}, ""))
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: erasure.References{Payments: []string{"p"}}}), want)
	}
}

// A server that knows no path responds to everything with 404 and HTML, or with 404
// and words of its own.
func TestNotFoundOfAnotherServer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<html>nginx</html>", `{"message":"no Route matched with those values"}`, `{}`, ""} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		for _, entry := range Catalogue() {
			if entry.Name == "manual" {
				continue
			}
			c := connect(t, useEntry(entry.Name, map[string]string{"base_url": server.URL, "checkout_url": server.URL, "data_protection_url": server.URL}, ""))
			p := erasure.Progress{References: someone, Lost: true} // even then
			wantOutcome(t, c.Erase(t.Context(), p), erasure.Outcome{Kind: act, Reason: "not_found_unconfirmed", Status: 404})
		}
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	t.Run("ByTheCheck", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		sim.Forget("cus_123")
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: gone, Status: 404})
	})
	t.Run("ByADeletion", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		c.Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: "another"}})
		sim.Forget("cus_123")
		sim.ScriptReads(providersim.Fail(503)) // no check is made
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: gone, Status: 404})
	})
	t.Run("NotByADeletionThatDidNotHappen", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		sim.Script(providersim.Pretend())
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: "another"}}),
			erasure.Outcome{Kind: retry, Reason: "still_there", Status: 200})
		sim.Forget("cus_123")
		sim.ScriptReads(providersim.Fail(503))
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), unproven)
	})
	t.Run("LastsAQuarterOfAnHour", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			checks := 0
			c := stripeOver(t, &checks, `{"object":"balance","livemode":true}`)
			for _, step := range []struct {
				wait time.Duration
				want int
			}{{0, 1}, {14 * time.Minute, 1}, {time.Minute, 2}} {
				time.Sleep(step.wait)
				wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: gone, Status: 404})
				if checks != step.want {
					t.Errorf("after %v: %d checks, want %d", step.wait, checks, step.want)
				}
			}
		})
	})
	t.Run("IsAskedForOnceAMinute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			checks := 0
			c := stripeOver(t, &checks, `{"object":"balance","livemode":false}`)
			for _, step := range []struct {
				wait time.Duration
				want int
			}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}} {
				time.Sleep(step.wait)
				var group sync.WaitGroup
				for range 10 {
					group.Go(func() { wantOutcome(t, c.Erase(t.Context(), onlyCustomer), unproven) })
				}
				group.Wait()
				if checks != step.want {
					t.Errorf("after %v: %d checks, want %d", step.wait, checks, step.want)
				}
			}
		})
	})
	t.Run("EndsWithARefusedKey", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		c.Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: "another"}})
		sim.Script(providersim.Fail(401))
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: act, Reason: "key_refused", Status: 401})
		sim.Reach(providersim.OtherMode)
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), unproven)
	})
	t.Run("WithOneSlotOnly", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		c.limiter = newLimiter(Limits{PerSecond: 1e6, Concurrency: 1})
		sim.Forget("cus_123")
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: gone, Status: 404})
	})
}

// stripeOver is a Stripe connection over a transport of the test. Its balance is as
// given, and it knows no customer.
func stripeOver(t *testing.T, checks *int, balance string) *Connection {
	t.Helper()
	c := connect(t, useEntry("stripe", map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
	c.client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		status, body := 404, `{"error":{"code":"resource_missing"}}`
		if r.URL.Path == "/v1/balance" {
			*checks++
			status, body = 200, balance
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}
	return c
}

// What an earlier attempt may have done is gone, unless the check refutes the connection.
func TestUnconfirmed(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		fault       providersim.Fault
		unconfirmed bool
	}{
		"ResetAfter":  {providersim.ResetAfter(), true},
		"ResetBefore": {providersim.ResetBefore(), true}, // nobody can tell it from the other
		"Error500":    {providersim.Fail(500), true},
		"Error408":    {providersim.Fail(408), true},
		"Page":        {providersim.Page(), true},
		"Wrong":       {providersim.Wrong(), true},
		"HugeBody":    {providersim.HugeBody(), true},
		"Refused":     {providersim.Fail(401), false},
		"RateLimited": {providersim.RateLimited(0), false},
		"Redirect":    {providersim.Redirect(), false},
		"Teapot":      {providersim.Fail(418), false},
		"NotFound":    {providersim.NotFoundPage(), false},
	}
	for name, test := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, sim := simulate(t, "stripe")
			sim.Script(test.fault)
			first := c.Erase(t.Context(), onlyCustomer)
			var want []string
			if test.unconfirmed {
				want = []string{"delete_customer"}
			}
			p := onlyCustomer
			if first.Progress != nil {
				p = *first.Progress
			}
			if !slices.Equal(p.Unconfirmed, want) || p.Customer != "cus_123" {
				t.Fatalf("got %+v, want %v", p, want)
			}
			sim.Forget("cus_123")
			sim.ScriptReads(providersim.Fail(503)) // the check does not decide
			second := c.Erase(t.Context(), p)
			if test.unconfirmed {
				wantOutcome(t, second, erasure.Outcome{Kind: gone, Status: 404})
			} else if second.Kind == gone {
				t.Errorf("got %+v without a proof", second)
			}
		})
	}
	t.Run("Lost", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		sim.Forget("cus_123")
		sim.ScriptReads(providersim.NotFoundPage())
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: onlyCustomer.References, Lost: true}), erasure.Outcome{Kind: gone, Status: 404})
	})
	t.Run("NotInAnotherMode", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		sim.Reach(providersim.OtherMode)
		sim.Script(providersim.Fail(500))
		first := c.Erase(t.Context(), onlyCustomer)
		wantOutcome(t, c.Erase(t.Context(), *first.Progress), unproven)
	})
	t.Run("NobodyListens", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
		if got := c.Erase(t.Context(), onlyCustomer); got.Progress != nil {
			t.Errorf("got %+v", got.Progress)
		}
	})
	t.Run("RefusedByAProxy", func(t *testing.T) {
		t.Parallel()
		proxy := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(proxy.Close)
		c := connect(t, useEntry("stripe", map[string]string{"base_url": "https://127.0.0.1:1"}, ""))
		transportOf(t, c).Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
		if got := c.Erase(t.Context(), onlyCustomer); got.Progress != nil || got.Reason != "connection_failed" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("NoTLS", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		c := connect(t, useEntry("stripe", map[string]string{"base_url": "https" + strings.TrimPrefix(server.URL, "http")}, ""))
		if got := c.Erase(t.Context(), onlyCustomer); got.Progress != nil || got.Reason != "tls_failed" {
			t.Errorf("got %+v", got)
		}
	})
}
