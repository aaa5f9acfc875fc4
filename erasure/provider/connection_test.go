package provider

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

// Every entry of the catalogue against its simulation: deleted, and then gone in
// the way of that provider.
func TestEraseTwice(t *testing.T) {
	t.Parallel()
	unconfirmed := erasure.Outcome{Kind: act, Reason: "not_found_unconfirmed", Status: 404}
	success := func(reason string, status int, verified bool) erasure.Outcome {
		return erasure.Outcome{Kind: succeeded, Reason: reason, Status: status, Verified: verified}
	}
	byForm := erasure.Outcome{Kind: act, Reason: "request_deletion_by_form", Status: 200}
	tests := map[string]struct{ first, second erasure.Outcome }{
		"adyen":                 {success("erasure_accepted", 200, false), erasure.Outcome{Kind: gone, Status: 200}},
		"braintree":             {success("", 200, false), unconfirmed},
		"checkout_com":          {success("", 204, false), unconfirmed},
		"checkout_com_previous": {success("", 204, false), unconfirmed},
		"conekta":               {success("", 200, true), erasure.Outcome{Kind: gone, Status: 404}},
		"mercado_pago":          {success("", 200, true), erasure.Outcome{Kind: gone, Status: 404}},
		"mollie":                {success("", 204, true), erasure.Outcome{Kind: gone, Status: 404}},
		"openpay":               {success("", 204, true), erasure.Outcome{Kind: gone, Status: 404}},
		"paddle":                {byForm, byForm},
		"paypal":                {success("tokens_only", 204, true), unconfirmed},
		"rapyd":                 {success("", 200, false), erasure.Outcome{Kind: act, Reason: "request_refused", Status: 400}},
		"razorpay":              {success("tokens_only", 200, false), unconfirmed},
		"square":                {success("", 200, true), unconfirmed}, // the customer
		"stripe":                {success("payment_history_kept", 200, true), erasure.Outcome{Kind: gone, Status: 404}},
	}
	for _, shape := range providersim.Shapes() {
		t.Run(shape.Name, func(t *testing.T) {
			t.Parallel()
			test, ok := tests[shape.Name]
			if !ok {
				t.Fatal("no expectation")
			}
			c, sim := simulate(t, shape.Name)
			wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), test.first)
			wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), test.second)
			for _, reference := range sim.References() {
				if r := sim.Record(reference); r.Deleted != 1 {
					t.Errorf("%s: %+v, want one deletion", reference, r)
				}
			}
		})
	}
}

func TestEraseFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault   providersim.Fault
		want    erasure.Outcome
		deleted int
	}{
		"RateLimited":       {providersim.RateLimited(7 * time.Second), erasure.Outcome{Kind: retry, Reason: "rate_limited", Status: 429, After: 7 * time.Second}, 0},
		"RateLimitedPlain":  {providersim.RateLimited(0), erasure.Outcome{Kind: retry, Reason: "rate_limited", Status: 429}, 0},
		"Unavailable":       {providersim.Unavailable(time.Minute), erasure.Outcome{Kind: retry, Reason: "http_503", Status: 503, After: time.Minute}, 0},
		"InternalError":     {providersim.Fail(500), erasure.Outcome{Kind: retry, Reason: "http_500", Status: 500}, 0},
		"KeyRefused":        {providersim.Fail(401), erasure.Outcome{Kind: act, Reason: "key_refused", Status: 401}, 0},
		"Forbidden":         {providersim.Fail(403), erasure.Outcome{Kind: act, Reason: "key_refused", Status: 403}, 0},
		"UnexpectedStatus":  {providersim.Fail(418), erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 418}, 0},
		"NotFoundOfAProxy":  {providersim.Fail(404), erasure.Outcome{Kind: act, Reason: "not_found_unconfirmed", Status: 404}, 0},
		"Redirect":          {providersim.Redirect(), erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 302}, 0},
		"PageOfAProxy":      {providersim.Page(), erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 200}, 0},
		"SuccessWithError":  {providersim.Wrong(), erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 200}, 0},
		"HugeBody":          {providersim.HugeBody(), erasure.Outcome{Kind: retry, Reason: "answer_too_large", Status: 200}, 0},
		"ResetBefore":       {providersim.ResetBefore(), erasure.Outcome{Kind: retry, Reason: "connection_failed"}, 0},
		"ResetAfter":        {providersim.ResetAfter(), erasure.Outcome{Kind: retry, Reason: "connection_failed"}, 1},
		"Hang":              {providersim.Hang(), erasure.Outcome{Kind: retry, Reason: "timeout"}, 0},
		"HangAfter":         {providersim.HangAfter(), erasure.Outcome{Kind: retry, Reason: "timeout"}, 1},
		"SlowBody":          {providersim.SlowBody(time.Hour), erasure.Outcome{Kind: retry, Reason: "timeout"}, 1},
		"SlowBodyThatComes": {providersim.SlowBody(time.Microsecond), erasure.Outcome{Kind: succeeded, Reason: "payment_history_kept", Status: 200, Verified: true}, 1},
		"NotFoundPage":      {providersim.NotFoundPage(), erasure.Outcome{Kind: act, Reason: "not_found_unconfirmed", Status: 404}, 0},
		"OtherProtocol":     {providersim.Switching(), erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 101}, 0},
		"StillThere":        {providersim.Pretend(), erasure.Outcome{Kind: retry, Reason: "still_there", Status: 200}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := func(t *testing.T, c *Connection, sim *providersim.Sim) {
				sim.Script(test.fault)
				wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), test.want)
				if r := sim.Record("cus_123"); r.Deleted != test.deleted || r.Asked != 1 {
					t.Errorf("%+v, want %d deletions", r, test.deleted)
				}
				if n := len(withoutReads(sim)); n != 1 {
					t.Errorf("%d requests, want 1: no redirect is followed, nothing is sent twice", n)
				}
				// A second attempt finds the customer gone or deletes it, whatever happened.
				if got := c.Erase(t.Context(), erasure.Progress{References: someone}); got.Kind != succeeded && got.Kind != gone {
					t.Errorf("then: %+v", got)
				}
				if r := sim.Record("cus_123"); r.Deleted != 1 {
					t.Errorf("then: %+v", r)
				}
			}
			if test.want.Reason != "timeout" { // a reset needs a network
				c, sim := simulate(t, "stripe")
				check(t, c, sim)
				return
			}
			synctest.Test(t, func(t *testing.T) {
				listener := pipenet.Listen()
				c, sim := simulateOn(t, listener, "stripe")
				transportOf(t, c).DialContext = listener.DialContext
				t.Cleanup(c.client.CloseIdleConnections)
				check(t, c, sim)
			})
		})
	}
}

func TestEraseWithoutProvider(t *testing.T) {
	t.Parallel()
	t.Run("NobodyListens", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "connection_failed"})
	})
	t.Run("CertificateOfNobodyKnown", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewTLSServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		server.Config.ErrorLog = quiet
		c := connect(t, useEntry("stripe", map[string]string{"base_url": server.URL}, ""))
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "tls_failed"})
	})
	t.Run("PlainHTTPBehindHTTPS", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		c := connect(t, useEntry("stripe", map[string]string{"base_url": "https" + strings.TrimPrefix(server.URL, "http")}, ""))
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "tls_failed"})
	})
	t.Run("AnswerBreaksOff", func(t *testing.T) {
		t.Parallel()
		w := listen(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"deleted\":true}")
		c := connect(t, useEntry("stripe", map[string]string{"base_url": w.url()}, ""))
		got := c.Erase(t.Context(), onlyCustomer)
		wantOutcome(t, got, erasure.Outcome{Kind: retry, Reason: "connection_failed"})
		if got.Progress == nil || len(got.Progress.Unconfirmed) != 1 {
			t.Errorf("progress %+v, want the call unconfirmed", got.Progress)
		}
	})
	t.Run("BodyWithoutEnd", func(t *testing.T) {
		t.Parallel()
		// Read to its end it would be one that breaks off.
		w := listen(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"+strings.Repeat("x", maxResponseBody+1))
		c := connect(t, useEntry("stripe", map[string]string{"base_url": w.url()}, ""))
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "answer_too_large", Status: 200})
	})
	endless := map[string]struct{ head, part, reason string }{
		"InformationWithoutEnd": {"", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "connection_failed"},
		"ChunksWithoutEnd":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + strings.Repeat(" ", 1024) + "\r\n", "answer_too_large"},
		"EmptyChunksOfTrailers": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\n", "X: y\r\n", "connection_failed"},
	}
	for name, test := range endless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := endlessServer(t, test.head, test.part)
			c := connect(t, useEntry("stripe", map[string]string{"base_url": server}, ""))
			if got := c.Erase(t.Context(), onlyCustomer); got.Kind != retry || got.Reason != test.reason {
				t.Errorf("got %+v", got)
			}
			if c.limiter.slots.used != 0 {
				t.Error("a slot is taken")
			}
		})
	}
	t.Run("HeadersWithoutEnd", func(t *testing.T) {
		t.Parallel()
		w := listen(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 2*maxResponseBody)+"\r\n\r\n")
		c := connect(t, useEntry("stripe", map[string]string{"base_url": w.url()}, ""))
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "connection_failed"})
	})
}

func TestEraseCanceled(t *testing.T) {
	t.Parallel()
	c, sim := simulate(t, "stripe")
	ctx, cancel := context.WithCancel(t.Context())
	sim.Misbehave(func(int) providersim.Fault {
		cancel()
		return providersim.Hang()
	})
	wantOutcome(t, c.Erase(ctx, erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "canceled"})
	// Canceled before it begins: nothing is sent.
	wantOutcome(t, c.Erase(ctx, erasure.Progress{References: someone}), erasure.Outcome{Kind: retry, Reason: "canceled"})
	if r := sim.Record("cus_123"); r.Asked != 1 {
		t.Errorf("%+v", r)
	}
}

func TestEraseReferences(t *testing.T) {
	t.Parallel()
	missing := erasure.Outcome{Kind: act, Reason: "references_missing"}
	unusable := erasure.Outcome{Kind: act, Reason: "reference_unusable"}
	tests := map[string]struct {
		entry string
		refs  erasure.References
		want  erasure.Outcome
		asked int
	}{
		"NoCustomer":               {"stripe", erasure.References{Tokens: []string{"t"}}, missing, 0},
		"NothingToFanOutOver":      {"paypal", erasure.References{Customer: "c"}, missing, 0},
		"NothingOfAdyen":           {"adyen", erasure.References{Customer: "c"}, missing, 0},
		"TokensNeedTheCustomer":    {"razorpay", erasure.References{Tokens: []string{"t"}}, missing, 0},
		"PaymentsDoNot":            {"adyen", erasure.References{Payments: []string{"p"}}, erasure.Outcome{Kind: succeeded, Reason: "erasure_accepted", Status: 200}, 1},
		"CustomerWithoutTokens":    {"square", erasure.References{Customer: "c"}, erasure.Outcome{Kind: succeeded, Status: 200}, 1},
		"DotSegment":               {"stripe", erasure.References{Customer: ".."}, unusable, 0},
		"OneUnusableStopsThemAll":  {"paypal", erasure.References{Tokens: []string{"good", "b/d"}}, unusable, 0},
		"UnusedReferencesAreNot":   {"stripe", erasure.References{Customer: "c", Tokens: []string{"b/d"}}, erasure.Outcome{Kind: succeeded, Reason: "payment_history_kept", Status: 200, Verified: true}, 1},
		"ManualNeedsNone":          {"manual", erasure.References{}, erasure.Outcome{Kind: act, Reason: "ask_by_hand"}, 0},
		"EmptyTokenIsNoCollection": {"paypal", erasure.References{Tokens: []string{""}}, missing, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.entry == "manual" {
				wantOutcome(t, connect(t, useEntry("manual", nil, "")).Erase(t.Context(), erasure.Progress{References: test.refs}), test.want)
				return
			}
			c, sim := simulate(t, test.entry)
			wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: test.refs}), test.want)
			asked := 0
			for _, r := range sim.Requests() {
				if r.Method != http.MethodGet && !strings.HasSuffix(r.URI, "/token") {
					asked++
				}
			}
			if asked != test.asked {
				t.Errorf("%d requests, want %d", asked, test.asked)
			}
		})
	}
}

func TestFanOut(t *testing.T) {
	t.Parallel()
	t.Run("StopsAtTheFirstThatFails", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Script(providersim.OK(), providersim.OK(), providersim.Wrong()) // ACTIVE_RECURRING_TOKEN_EXISTS
		outcome := c.Erase(t.Context(), erasure.Progress{References: someone})
		wantOutcome(t, outcome, erasure.Outcome{Kind: act, Reason: "active_recurring_token", Status: 200})
		want := erasure.Progress{
			References: erasure.References{Customer: "cus_123", Payments: []string{"pay_1", "pay_2"}},
			Done:       []string{"delete_stored_payment_method"}, Deleted: true,
		}
		if outcome.Progress == nil || !reflect.DeepEqual(*outcome.Progress, want) {
			t.Errorf("left %+v, want %+v", outcome.Progress, want)
		}
		if r := sim.Record("pay_2"); r.Asked != 0 {
			t.Errorf("pay_2 was asked for: %+v", r)
		}
	})
	t.Run("LeavesWhatIsNotDone", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Script(providersim.OK(), providersim.Unavailable(0))
		outcome := c.Erase(t.Context(), erasure.Progress{References: someone})
		wantOutcome(t, outcome, erasure.Outcome{Kind: retry, Reason: "http_503", Status: 503})
		want := erasure.References{Customer: "cus_123", Tokens: []string{"tok_2"}, Payments: []string{"pay_1", "pay_2"}}
		if outcome.Progress == nil || !reflect.DeepEqual(outcome.Progress.References, want) {
			t.Fatalf("left %+v, want %+v", outcome.Progress, want)
		}
		wantOutcome(t, c.Erase(t.Context(), *outcome.Progress), erasure.Outcome{Kind: succeeded, Reason: "erasure_accepted", Status: 200})
		for _, reference := range sim.References() {
			if r := sim.Record(reference); r.Deleted != 1 || r.Gone != 0 {
				t.Errorf("%s: %+v", reference, r)
			}
		}
	})
	t.Run("LeavesPaymentsOnceTokensAreDone", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Script(providersim.OK(), providersim.OK(), providersim.OK(), providersim.ResetBefore())
		outcome := c.Erase(t.Context(), erasure.Progress{References: someone})
		want := erasure.References{Customer: "cus_123", Payments: []string{"pay_2"}}
		if outcome.Progress == nil || !reflect.DeepEqual(outcome.Progress.References, want) {
			t.Fatalf("left %+v, want %+v", outcome.Progress, want)
		}
	})
	t.Run("LeavesEverythingAtFirst", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		sim.Script(providersim.Fail(429))
		if outcome := c.Erase(t.Context(), erasure.Progress{References: someone}); outcome.Progress != nil {
			t.Errorf("left %+v, want nil: all", outcome.Progress)
		}
	})
	t.Run("OneDeletionAmongGoneIsASuccess", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "openpay")
		sim.Forget("tok_1", "cus_123")
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: succeeded, Status: 204, Verified: true})
	})
	t.Run("AllGone", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "openpay")
		sim.Forget("tok_1", "tok_2", "cus_123")
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: gone, Status: 404})
	})
	t.Run("StopsBeforeTheDeadline", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "adyen")
		ctx, cancel := context.WithTimeout(t.Context(), c.timeout-time.Second) // less than a call may take
		defer cancel()
		outcome := c.Erase(ctx, erasure.Progress{References: someone})
		wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "more_to_do"})
		if len(sim.Requests()) != 1 {
			t.Errorf("%d requests, want the one that makes progress", len(sim.Requests()))
		}
		if until := time.Until(outcome.Until); until > 0 {
			t.Errorf("asks to wait %v", until)
		}
		for range 3 {
			outcome = c.Erase(ctx, *outcome.Progress)
		}
		wantOutcome(t, outcome, erasure.Outcome{Kind: succeeded, Reason: "erasure_accepted", Status: 200})
	})
}

// withoutReads are the requests that are no check and no verify.
func withoutReads(sim *providersim.Sim) []providersim.Request {
	return slices.DeleteFunc(sim.Requests(), func(r providersim.Request) bool {
		return r.Method == http.MethodGet && r.URI != "/elsewhere" || strings.HasSuffix(r.URI, "/paymentMethods")
	})
}

// The same deletion has the same key, in another process too; another deletion
// has another.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	c, sim := simulate(t, "mollie")
	key := func(customer string) string {
		c.Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: customer}})
		requests := withoutReads(sim)
		return requests[len(requests)-1].Header.Get("Idempotency-Key")
	}
	first := key("a")
	if first != "be328e64-c224-8c7d-94c2-35aa61f3cc5c" {
		t.Errorf("got %s: keys must not change between versions", first)
	}
	if again := key("a"); again != first {
		t.Errorf("got %s and %s for one deletion", first, again)
	}
	if other := key("b"); other == first {
		t.Error("one key for two deletions")
	}
	if idempotencyKey("a", "bc") == idempotencyKey("ab", "c") {
		t.Error("one key for two lists of parts")
	}
}

// Many goroutines share a connection.
func TestEraseConcurrently(t *testing.T) {
	t.Parallel()
	c, sim := simulate(t, "paypal")
	sim.Misbehave(func(n int) providersim.Fault {
		return []providersim.Fault{providersim.OK(), providersim.Fail(500), providersim.ResetAfter()}[n%3]
	})
	var group sync.WaitGroup
	var done atomic.Int64
	for i := range 30 {
		group.Go(func() {
			outcome := c.Erase(t.Context(), erasure.Progress{References: erasure.References{Tokens: []string{fmt.Sprintf("tok_%d", i)}}})
			if outcome.Kind == succeeded {
				done.Add(1)
			}
		})
	}
	group.Wait()
	if done.Load() != 10 {
		t.Errorf("%d succeeded, want 10", done.Load())
	}
	tokens := 0
	for _, r := range sim.Requests() {
		if strings.HasSuffix(r.URI, "/token") {
			tokens++
		}
	}
	if tokens != 1 {
		t.Errorf("%d requests for an access token, want 1", tokens)
	}
}
