package ops

import (
	"context"
	"maps"
	"slices"
	"time"
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

// Accepted returns how many erasures were accepted in each hour of the last day, and on each
// day of the last month.
func (p *Page) Accepted(ctx context.Context, now time.Time) (hours, days []int, err error) {
	p.overview.turn.Lock()
	defer p.overview.turn.Unlock()
	trends, err := p.trends(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	var of [2][]int
	for i, t := range trends {
		for _, period := range t.Periods {
			of[i] = append(of[i], period.Accepted)
		}
	}
	return of[0], of[1], nil
}
