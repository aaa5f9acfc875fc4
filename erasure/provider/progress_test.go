package provider

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// A person's retry goes on where the attempt stopped.
func TestProgressAfterARefusedKey(t *testing.T) {
	t.Parallel()
	c, sim := simulate(t, "adyen")
	refs := erasure.References{Customer: "cus_123", Tokens: []string{"tok_a", "tok_b", "tok_c"}, Payments: []string{"pay_1"}}
	sim.Script(providersim.OK(), providersim.Fail(403))
	first := c.Erase(t.Context(), erasure.Progress{References: refs})
	wantOutcome(t, first, erasure.Outcome{Kind: act, Reason: "key_refused", Status: 403})
	if first.Progress == nil || !reflect.DeepEqual(first.Progress.Tokens, []string{"tok_b", "tok_c"}) {
		t.Fatalf("left %+v", first.Progress)
	}
	wantOutcome(t, c.Erase(t.Context(), *first.Progress), erasure.Outcome{Kind: succeeded, Reason: "erasure_accepted", Status: 200})
	for reference, asked := range map[string]int{"tok_a": 1, "tok_b": 2, "tok_c": 1, "pay_1": 1} {
		if got := sim.Record(reference); got.Asked != asked || got.Deleted != 1 {
			t.Errorf("%s: %+v, want asked %d times", reference, got, asked)
		}
	}
}

// respond is a transport that responds with a status and no body.
func respond(status func(path string) int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status(r.URL.Path), Header: http.Header{}, Body: http.NoBody}, nil
	}
}

// cancelOnGet cancels once a GET is sent.
func cancelOnGet(cancel func(), next func(*http.Request) (*http.Response, error)) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			cancel()
		}
		return next(r)
	}
}

// twoCalls makes two calls for each token, and two for the customer.
const twoCalls = `provider: twice
title: Twice
parameters: {base_url: {kind: url}, key: {kind: secret}}
auth: {bearer: "${key}"}
calls:
  - {name: freeze, for_each: tokens, method: POST, url: "${base_url}/freeze/${token}", answers: [{when: {status: 204}, then: succeeded}]}
  - {name: hide, method: POST, url: "${base_url}/hide/${customer}", answers: [{when: {status: 204}, then: succeeded}]}
  - {name: drop, for_each: tokens, method: POST, url: "${base_url}/drop/${token}", answers: [{when: {status: 204}, then: succeeded}]}
  - {name: erase, method: DELETE, url: "${base_url}/customers/${customer}", answers: [{when: {status: 204}, then: succeeded}]}
afterwards: {then: action_required, reason: ask_as_well}
`

// Whatever stops an attempt, no request that succeeded is made again: one request
// succeeds in each attempt, and the next is refused.
func TestNothingIsRepeated(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	allowed := 0
	c := describe(t, twoCalls, "http://127.0.0.1:1")
	c.limiter = newLimiter(Limits{PerSecond: 1e6, Concurrency: 1})
	c.client.Transport = respond(func(path string) int {
		if allowed == 0 {
			return 403
		}
		allowed--
		asked[path]++
		return 204
	})
	p := erasure.Progress{References: erasure.References{Customer: "c", Tokens: []string{"1", "2", "1"}, Payments: []string{"unused"}}}
	for range 6 {
		allowed = 1
		got := c.Erase(t.Context(), p)
		if got.Progress == nil {
			t.Fatalf("no progress: %+v", got)
		}
		p = *got.Progress
	}
	want := map[string]int{"/freeze/1": 1, "/freeze/2": 1, "/hide/c": 1, "/drop/1": 1, "/drop/2": 1, "/customers/c": 1}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("got %v, want %v", asked, want)
	}
	if !reflect.DeepEqual(p, erasure.Progress{References: erasure.References{Customer: "c"}, Done: []string{"drop", "erase", "freeze", "hide"}, Deleted: true}) {
		t.Errorf("in the end: %+v", p)
	}
	// The rest is a person's; asking again sends nothing.
	wantOutcome(t, c.Erase(t.Context(), p), erasure.Outcome{Kind: act, Reason: "ask_as_well"})
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("then %v", asked)
	}
}

// A reference that is listed twice is asked for once.
func TestReferencesListedTwice(t *testing.T) {
	t.Parallel()
	c, sim := simulate(t, "square")
	got := c.Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: "c", Tokens: []string{"1", "2", "1"}}})
	wantOutcome(t, got, erasure.Outcome{Kind: succeeded, Status: 200, Verified: true})
	if r := sim.Record("1"); r.Asked != 1 {
		t.Errorf("%+v", r)
	}
}

// A step that is settled is not unconfirmed any more, and the others still are.
func TestSettledIsConfirmed(t *testing.T) {
	t.Parallel()
	c, sim := simulate(t, "openpay")
	sim.Script(providersim.ResetAfter())
	first := c.Erase(t.Context(), erasure.Progress{References: someone})
	sim.Script(providersim.OK(), providersim.Fail(500))
	second := c.Erase(t.Context(), *first.Progress)
	want := erasure.Progress{
		References:  erasure.References{Customer: "cus_123", Tokens: []string{"tok_2"}},
		Unconfirmed: []string{"delete_card tok_2"},
	}
	if second.Progress == nil || !reflect.DeepEqual(*second.Progress, want) {
		t.Errorf("left %+v, want %+v", second.Progress, want)
	}
}

// An outcome speaks for all attempts.
func TestOutcomeOfSeveralAttempts(t *testing.T) {
	t.Parallel()
	t.Run("DeletedBefore", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "openpay")
		sim.Forget("tok_2", "cus_123")
		sim.Script(providersim.OK(), providersim.Fail(429))
		first := c.Erase(t.Context(), erasure.Progress{References: someone})
		wantOutcome(t, c.Erase(t.Context(), *first.Progress), erasure.Outcome{Kind: succeeded, Reason: "deleted_before", Status: 404, Verified: false})
	})
	t.Run("OneWasNotVerified", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "openpay")
		sim.Script(providersim.OK(), providersim.Fail(429))
		sim.ScriptReads(providersim.Fail(503))
		first := c.Erase(t.Context(), erasure.Progress{References: someone})
		wantOutcome(t, c.Erase(t.Context(), *first.Progress), erasure.Outcome{Kind: succeeded, Status: 204, Verified: false})
	})
	t.Run("KilledBetweenDeleteAndVerify", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		if got := c.Erase(t.Context(), onlyCustomer); got.Kind != succeeded { // not recorded
			t.Fatalf("got %+v", got)
		}
		again := connect(t, useEntry("stripe", sim.Parameters(), "")) // another process
		sim.ScriptReads(providersim.Fail(500))
		p := onlyCustomer
		p.Lost = true
		wantOutcome(t, again.Erase(t.Context(), p), erasure.Outcome{Kind: gone, Status: 404})
		if r := sim.Record("cus_123"); r.Deleted != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("LostIsKeptUntilNothingIsLeft", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		sim.Script(providersim.Fail(429))
		p := onlyCustomer
		p.Lost = true
		if got := c.Erase(t.Context(), p); got.Progress == nil || !reflect.DeepEqual(*got.Progress, p) {
			t.Errorf("left %+v, want %+v", got.Progress, p)
		}
	})
	t.Run("CanceledInVerify", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		ctx, cancel := context.WithCancel(t.Context())
		sim.ScriptReads(providersim.Hang())
		transport := c.client.Transport
		c.client.Transport = cancelOnGet(cancel, transport.RoundTrip)
		wantOutcome(t, c.Erase(ctx, onlyCustomer), erasure.Outcome{Kind: succeeded, Reason: "payment_history_kept", Status: 200})
	})
	t.Run("StillThereIsAskedAgain", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		sim.Script(providersim.Pretend())
		first := c.Erase(t.Context(), onlyCustomer)
		wantOutcome(t, first, erasure.Outcome{Kind: retry, Reason: "still_there", Status: 200})
		wantOutcome(t, c.Erase(t.Context(), *first.Progress), erasure.Outcome{Kind: succeeded, Reason: "payment_history_kept", Status: 200, Verified: true})
	})
}
