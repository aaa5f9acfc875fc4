package provider

import (
	"cmp"
	"slices"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Outcomes returns the kinds of outcome, with their reasons, that the connection's rules and
// its description give, in order. Those that apply to every provider are not among them. A
// rule without a reason of its own gives "".
func (c *Connection) Outcomes() []erasure.Outcome {
	var outcomes []erasure.Outcome
	note := func(v verdict) {
		outcomes = append(outcomes, erasure.Outcome{Kind: v.kind, Reason: v.reason})
	}
	for _, r := range c.rules {
		note(r.then)
	}
	for _, call := range c.description.calls {
		for _, r := range call.rules {
			note(r.then)
		}
	}
	if last := c.description.afterwards; last != nil {
		note(*last)
	}
	slices.SortFunc(outcomes, func(a, b erasure.Outcome) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.CompactFunc(outcomes, func(a, b erasure.Outcome) bool { return a.Kind == b.Kind && a.Reason == b.Reason })
}

// Reasons returns the reasons among [Connection.Outcomes], in order.
func (c *Connection) Reasons() []string {
	var reasons []string
	for _, o := range c.Outcomes() {
		if o.Reason != "" {
			reasons = append(reasons, o.Reason)
		}
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}
