package server

import "net/http"

// GuardSizes returns how much the guard of a handler remembers.
func GuardSizes(h http.Handler) (refused, valid, budgets int) {
	g := h.(*handler).guard
	return len(g.refused), len(g.valid), len(g.budgets)
}
