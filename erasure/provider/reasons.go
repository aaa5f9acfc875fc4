package provider

import (
	"maps"
	"slices"
)

// Reasons returns the reasons that the connection's rules and its description give, in
// order, without those that apply to every provider.
func (c *Connection) Reasons() []string {
	known := map[string]bool{}
	note := func(rules []rule) {
		for _, r := range rules {
			known[r.then.reason] = true
		}
	}
	note(c.rules)
	for _, call := range c.description.calls {
		note(call.rules)
	}
	if last := c.description.afterwards; last != nil {
		known[last.reason] = true
	}
	delete(known, "")
	return slices.Sorted(maps.Keys(known))
}
