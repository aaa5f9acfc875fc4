package ops

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

const (
	hoursShown = 24
	daysShown  = 30
	day        = 24 * time.Hour

	// settled is how long ago a period must have ended to be over: what began in it may
	// commit later.
	settled = time.Minute
	// historyReads is how many readings of the history run at once.
	historyReads = 2
)

// trends returns what happened in the last day by hour, and in the last month by day.
func (p *Page) trends(ctx context.Context, now time.Time) ([]trend, error) {
	hour, today := now.UTC().Truncate(time.Hour), now.UTC().Truncate(day)
	hours, err := p.periods(ctx, hour.Add(-(hoursShown-1)*time.Hour), time.Hour, hoursShown, now)
	if err != nil {
		return nil, err
	}
	days, err := p.periods(ctx, today.Add(-(daysShown-1)*day), day, daysShown-1, now)
	if err != nil {
		return nil, err
	}
	return []trend{newTrend("The last 24 hours", "Hour", hours), newTrend("The last 30 days", "Day", append(days, sumSince(today, hours)))}, nil
}

// sumSince returns the sum of the hours of a day.
func sumSince(begin time.Time, hours []erasure.Period) erasure.Period {
	sum := erasure.Period{From: begin, To: begin.Add(day)}
	for _, h := range hours {
		if h.From.Before(begin) {
			continue
		}
		sum.Accepted += h.Accepted
		sum.Failures += h.Failures
		for i, n := range h.Took {
			sum.Took[i] += n
		}
	}
	return sum
}

// periods returns n periods, oldest first. One that is over is read once.
func (p *Page) periods(ctx context.Context, from time.Time, length time.Duration, n int, now time.Time) ([]erasure.Period, error) {
	over := p.overview.over[length]
	maps.DeleteFunc(over, func(begin time.Time, period erasure.Period) bool {
		return begin.Before(from) || !isOver(period, now) // the clock was set back
	})
	periods, errs := make([]erasure.Period, n), make([]error, n)
	var reads sync.WaitGroup
	turns := make(chan struct{}, historyReads)
	for i := range n {
		begin := from.Add(time.Duration(i) * length)
		if period, ok := over[begin]; ok {
			periods[i] = period
			continue
		}
		turns <- struct{}{}
		reads.Go(func() {
			defer func() { <-turns }()
			var read []erasure.Period
			if read, errs[i] = p.Store.History(ctx, begin, length, 1); errs[i] == nil {
				periods[i] = read[0]
			}
		})
	}
	reads.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.overview.keep(length, periods, now)
	return periods, nil
}

// keep remembers the periods that are over.
func (c *overviewCache) keep(length time.Duration, periods []erasure.Period, now time.Time) {
	if c.over == nil {
		c.over = map[time.Duration]map[time.Time]erasure.Period{}
	}
	if c.over[length] == nil {
		c.over[length] = map[time.Time]erasure.Period{}
	}
	for _, period := range periods {
		if isOver(period, now) {
			c.over[length][period.From] = period
		}
	}
}

// isOver reports whether nothing more can happen in a period.
func isOver(period erasure.Period, now time.Time) bool { return period.To.Add(settled).Before(now) }
