package ops

import (
	"maps"
	"slices"
)

// TakeTurns takes the turns of all requests, until release is called.
func (p *Page) TakeTurns() (release func()) {
	for range cap(p.turns) {
		p.turns <- struct{}{}
	}
	return func() {
		for range cap(p.turns) {
			<-p.turns
		}
	}
}

// Advised returns the reasons that have an advice of their own.
func Advised() []string { return slices.Collect(maps.Keys(advice)) }
