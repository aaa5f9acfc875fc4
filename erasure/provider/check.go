package provider

import (
	"net/http"

	"github.com/yuno-community/yuno-customers/erasure"
)

// check is a harmless read with the credentials of the calls and without a reference.
// Its response shows what the credentials reach.
type check struct {
	call
	mode    *modePlace
	account []string // where a response names the account; nil if it does not
}

// modePlace is where a response tells live from test, and how.
type modePlace struct {
	path       []string
	live, test scalar
}

// Reasons for which a check refutes a connection.
const (
	reasonWrongMode    = "wrong_mode"
	reasonWrongAccount = "wrong_account"
)

// reasonModeNotStated: the credentials are for test mode, and nothing says that this is
// meant. A live key that was mistaken for it would find the customers.
const reasonModeNotStated = "mode_not_stated"

var checkWords = words{
	{text: "proven", then: verdict{kind: erasure.OutcomeSucceeded, certain: true}},
	{text: "passed", then: verdict{kind: erasure.OutcomeSucceeded, reason: erasure.ReasonAccountNotShown}},
	{text: "refuted", then: verdict{kind: erasure.OutcomeActionRequired}, needsReason: true},
	{text: "unknown", then: verdict{kind: erasure.OutcomeRetry}, needsReason: true},
}

func (r *descriptionReader) readCheck(n node) *check {
	fields := n.fields("method", "url", "headers", "body", "mode", "account", "answers")
	c := &check{call: call{name: "check", method: fields["method"].oneOf(http.MethodGet, http.MethodPost)}}
	r.readRequest(n, fields, &c.call, nil)
	if mode := fields["mode"]; mode.exists() {
		c.mode = readModePlace(mode)
	}
	if account := fields["account"]; account.exists() {
		c.account = readJSONPath(account, account.text())
	}
	if fields["answers"].need(n) {
		c.rules = readRules(fields["answers"], checkWords)
		needOutcome(fields["answers"], c.rules, erasure.OutcomeSucceeded, "proven or passed")
		for i, rule := range c.rules {
			if rule.then.kind == erasure.OutcomeSucceeded && !rule.readsBody() {
				fields["answers"].items()[i].fail("must name something in the body, because any server can return a status")
			}
		}
	}
	return c
}

func readModePlace(n node) *modePlace {
	fields := n.fields("json", "live", "test")
	m := &modePlace{}
	if fields["json"].need(n) {
		m.path = readJSONPath(fields["json"], fields["json"].text())
	}
	if fields["live"].need(n) {
		m.live = readScalar(fields["live"])
	}
	if fields["test"].need(n) {
		m.test = readScalar(fields["test"])
	}
	return m
}

// judge returns the outcome of a check from its response, and whether it proves the
// connection. A refused key refutes it. 403 does not: a key may be allowed to delete and
// not to read this.
func (c *check) judge(got *response, expected expectation) (o erasure.Outcome, proves bool) {
	then, ok := got.decide(c.rules)
	switch {
	case !ok && got.status == http.StatusForbidden:
		then = verdict{kind: erasure.OutcomeRetry, reason: "check_forbidden"}
	case !ok:
		then = got.undescribed()
		if then.reason == erasure.ReasonNotFoundUnconfirmed {
			then.kind = erasure.OutcomeRetry // a wrong URL, perhaps only of the check
		}
	case then.kind == erasure.OutcomeSucceeded:
		if contrary, differs := c.compare(got, expected); differs {
			then = contrary
		}
	}
	return got.outcome(then), then.kind == erasure.OutcomeSucceeded && then.certain
}

// compare compares the mode and the account that a response tells with those expected,
// and returns the verdict if they differ.
func (c *check) compare(got *response, expected expectation) (contrary verdict, differs bool) {
	if m := c.mode; m != nil {
		value, _ := got.lookup(m.path)
		told, _ := scalarOf(value)
		switch {
		case told != m.live && told != m.test:
			return verdict{kind: erasure.OutcomeRetry, reason: erasure.ReasonUnexpectedAnswer}, true
		case (told == m.live) == (expected.mode == modeLive):
		case !expected.stated:
			return verdict{kind: erasure.OutcomeRetry, reason: reasonModeNotStated}, true
		default:
			return verdict{kind: erasure.OutcomeActionRequired, reason: reasonWrongMode}, true
		}
	}
	if expected.testKey {
		return verdict{kind: erasure.OutcomeRetry, reason: reasonModeNotStated}, true
	}
	if c.account != nil && expected.account != "" {
		if value, _ := got.lookup(c.account); value != expected.account {
			return verdict{kind: erasure.OutcomeActionRequired, reason: reasonWrongAccount}, true
		}
	}
	return verdict{}, false
}
