package provider

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	passed := erasure.Outcome{Kind: succeeded, Status: 200}
	refused := erasure.Outcome{Kind: act, Reason: "key_refused", Status: 401}
	tests := map[string]map[providersim.Place]erasure.Outcome{
		"adyen":        {providersim.Right: {Kind: succeeded, Reason: "account_not_shown", Status: 200}, providersim.OtherAccount: {Kind: act, Reason: "wrong_account", Status: 403}},
		"braintree":    {providersim.Right: passed, providersim.OtherAccount: refused},
		"checkout_com": {providersim.Right: passed, providersim.OtherMode: refused},
		"conekta": {
			providersim.Right:        passed,
			providersim.OtherMode:    {Kind: act, Reason: "wrong_mode", Status: 200},
			providersim.OtherAccount: {Kind: act, Reason: "wrong_account", Status: 200},
		},
		"mollie": {
			providersim.Right:        passed,
			providersim.OtherMode:    {Kind: act, Reason: "wrong_mode", Status: 200},
			providersim.OtherAccount: {Kind: act, Reason: "wrong_account", Status: 200},
		},
		"openpay":  {providersim.Right: passed, providersim.OtherAccount: refused},
		"paddle":   {providersim.Right: passed, providersim.OtherMode: {Kind: act, Reason: "wrong_mode", Status: 200}},
		"paypal":   {providersim.Right: passed, providersim.OtherMode: refused},
		"rapyd":    {providersim.Right: passed, providersim.OtherMode: refused},
		"razorpay": {providersim.Right: passed, providersim.OtherMode: refused},
		"square":   {providersim.Right: passed, providersim.OtherAccount: {Kind: act, Reason: "wrong_account", Status: 200}},
		"stripe": {
			providersim.Right:        passed,
			providersim.OtherMode:    {Kind: act, Reason: "wrong_mode", Status: 200},
			providersim.OtherAccount: {Kind: act, Reason: "wrong_account", Status: 200},
		},
	}
	for _, d := range catalogue() {
		if _, ok := tests[d.name]; ok != (len(d.checks) > 0) {
			t.Errorf("%s has %d checks", d.name, len(d.checks))
		}
	}
	for name, places := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, sim := simulate(t, name)
			d, _ := fromCatalogue(name)
			more := ""
			if d.tellsAccount() {
				more = "    account: account_simulated\n"
			}
			if d.tellsMode() {
				more += "    mode: live\n"
			}
			c := connect(t, useEntry(name, sim.Parameters(), more))
			for place, want := range places {
				sim.Reach(place)
				wantOutcome(t, c.Check(t.Context()), want)
			}
			sim.Reach(providersim.Right)
			for _, fault := range []providersim.Fault{providersim.NotFoundPage(), providersim.Page(), providersim.Fail(403), providersim.Fail(503), providersim.Wrong()} {
				sim.ScriptReads(fault)
				if got := c.Check(t.Context()); got.Kind != retry || got.Reason == "" {
					t.Errorf("got %+v", got)
				}
			}
			if len(sim.References()) > 0 {
				t.Errorf("asked for %v", sim.References())
			}
		})
	}
	t.Run("OtherProtocol", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "stripe")
		c.limiter = newLimiter(Limits{PerSecond: 1e6, Concurrency: 1})
		for range 3 {
			sim.ScriptReads(providersim.Switching())
			wantOutcome(t, c.Check(t.Context()), erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 101})
			sim.Script(providersim.Switching())
			wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 101})
		}
		sim.ScriptReads(providersim.Switching()) // the verify
		wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: succeeded, Reason: "payment_history_kept", Status: 200})
	})
	t.Run("Hangs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			listener := pipenet.Listen()
			c, sim := simulateOn(t, listener, "stripe")
			transportOf(t, c).DialContext = listener.DialContext
			t.Cleanup(c.client.CloseIdleConnections)
			sim.ScriptReads(providersim.Hang())
			start := time.Now()
			wantOutcome(t, c.Check(t.Context()), erasure.Outcome{Kind: retry, Reason: "timeout"})
			if took := time.Since(start); took != c.timeout {
				t.Errorf("took %v, want %v", took, c.timeout)
			}
		})
	})
	t.Run("Canceled", func(t *testing.T) {
		t.Parallel()
		c, _ := simulate(t, "stripe")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantOutcome(t, c.Check(ctx), erasure.Outcome{Kind: retry, Reason: "canceled"})
		if _, ok := c.proof.recent(); ok {
			t.Error("a check that was canceled counts")
		}
	})
	t.Run("NoneKnown", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "mercado_pago")
		wantOutcome(t, c.Check(t.Context()), erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: "no_check"})
		if len(sim.Requests()) != 0 {
			t.Error("sent a request")
		}
	})
}

// Without a mode in the configuration, test mode is neither proven nor refuted: it may be
// meant, and it may be the mistake that makes everybody unknown.
func TestCheckWithoutMode(t *testing.T) {
	t.Parallel()
	_, sim := simulate(t, "stripe")
	load := func(key, more string) *Connection {
		connections, err := loadText(useEntry("stripe", sim.Parameters(), more), nil, func(string) string { return key })
		if err != nil {
			t.Fatal(err)
		}
		return connections[0]
	}
	passed := erasure.Outcome{Kind: succeeded, Status: 200}
	notStated := erasure.Outcome{Kind: retry, Reason: "mode_not_stated", Status: 200}
	wrongMode := erasure.Outcome{Kind: act, Reason: "wrong_mode", Status: 200}
	for name, test := range map[string]struct {
		key, more string
		place     providersim.Place
		want      erasure.Outcome
	}{
		"Live":              {"key", "", providersim.Right, passed},
		"LiveKey":           {"sk_live_1", "", providersim.Right, passed},
		"Test":              {"key", "", providersim.OtherMode, notStated},
		"TestKey":           {"sk_test_1", "", providersim.OtherMode, notStated},
		"TestKeyThatIsLive": {"sk_test_1", "", providersim.Right, notStated},
		"StatedTest":        {"sk_test_1", "    mode: test\n", providersim.OtherMode, passed},
		"StatedTestButLive": {"key", "    mode: test\n", providersim.Right, wrongMode},
		"StatedLiveButTest": {"key", "    mode: live\n", providersim.OtherMode, wrongMode},
		"StatedLive":        {"sk_live_1", "    mode: live\n", providersim.Right, passed},
	} {
		t.Run(name, func(t *testing.T) {
			sim.Reach(test.place)
			wantOutcome(t, load(test.key, test.more).Check(t.Context()), test.want)
		})
	}
	// What was perhaps done before does not count either, and a deletion does.
	sim.Reach(providersim.OtherMode)
	c := load("sk_test_1", "")
	p := onlyCustomer
	p.Lost = true
	wantOutcome(t, c.Erase(t.Context(), p), unproven)
	sim.Reach(providersim.Right)
	if got := c.Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: "another"}}); got.Kind != succeeded {
		t.Errorf("got %+v", got)
	}
	sim.Forget("cus_123")
	wantOutcome(t, c.Erase(t.Context(), onlyCustomer), erasure.Outcome{Kind: gone, Status: 404})
}
