package provider

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/erasure"
)

// A verify reads what a call has deleted. Its outcome kinds stand for gone
// (already_gone), still there (retry) and unknown (not_supported).
var verifyWords = words{
	{text: "gone", then: verdict{kind: erasure.OutcomeAlreadyGone}, claims: true},
	{text: "still_there", then: verdict{kind: erasure.OutcomeRetry, reason: erasure.ReasonStillThere}},
	{text: "unknown", then: verdict{kind: erasure.OutcomeNotSupported}},
}

func (r *descriptionReader) readVerify(n node, of call, one string, names []string) *call {
	fields := n.fields("method", "url", "headers", "body", "answers")
	v := &call{name: "verify_" + of.name, forEach: of.forEach, method: fields["method"].oneOf(http.MethodGet, http.MethodPost)}
	r.readRequest(n, fields, v, names)
	if !v.uses[one] {
		n.fail("does not use ${%s} in url, headers or body, so it would read something else", one)
	}
	if fields["answers"].need(n) {
		v.rules = readRules(fields["answers"], verifyWords)
		needOutcome(fields["answers"], v.rules, erasure.OutcomeAlreadyGone, "gone")
	}
	return v
}

// verification is what a read after a deletion showed.
type verification int

const (
	verificationUnknown verification = iota
	verifiedGone
	verifiedStillThere
)

// verify reads what a step has deleted. Whatever keeps it from a response that a rule
// describes leaves the deletion as the provider confirmed it.
func (c *Connection) verify(ctx context.Context, st step) verification {
	resp, failed := c.send(ctx, st.verify, st.scope)
	if failed != nil {
		return verificationUnknown
	}
	switch then, ok := resp.decide(st.call.verify.rules); {
	case !ok || then.kind == erasure.OutcomeNotSupported:
		return verificationUnknown
	case then.kind == erasure.OutcomeRetry:
		return verifiedStillThere
	}
	return verifiedGone
}
