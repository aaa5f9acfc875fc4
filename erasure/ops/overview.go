package ops

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// overview is what the first page shows. It is the same for everybody, so it is computed
// once for all who look at it at about the same time.
type overview struct {
	At       time.Time
	Counts   erasure.Counts
	Causes   []shownCause
	Trends   []trend
	Conns    []shownConnection
	Waiting  erasure.Waiting
	Unworked map[string]int
}

// shownCause is what needs a person, with the action that fits.
type shownCause struct {
	erasure.Cause
	Targets int
	Advice  Advice
	Link    string
}

// shownConnection is a connection with its state and limits.
type shownConnection struct {
	erasure.ConnectionState
	Configured *Connection // nil if this process does not have it
	Live       bool
	Known      bool // a process ever had it
	Open       int
	Oldest     time.Time
	Attention  int
}

// States are the states of erasures, in the order of their urgency.
func (o *overview) States() []shownCount {
	n := o.Counts.Erasures
	return []shownCount{
		{"Needs a person", n[erasure.ErasureAttentionRequired], Search{State: string(erasure.ErasureAttentionRequired)}.Link(), "attention"},
		{"In progress", n[erasure.ErasureInProgress], Search{State: string(erasure.ErasureInProgress)}.Link(), "open"},
		{"Completed", n[erasure.ErasureCompleted], Search{State: string(erasure.ErasureCompleted)}.Link(), "done"},
		{"Completed with exceptions", n[erasure.ErasureCompletedWithExceptions], Search{State: string(erasure.ErasureCompletedWithExceptions)}.Link(), "except"},
	}
}

type shownCount struct {
	Text string
	N    int
	Link string
	Kind string
}

// DueLimit is how many due targets are counted at most.
const DueLimit = 10_000

func (p *Page) showOverview(w http.ResponseWriter, r *http.Request, v *visit) error {
	o, err := p.overview.get(r.Context(), p.Now, p.computeOverview)
	if err != nil {
		return err
	}
	page := p.view(v, "Overview", "overview", o)
	page.Live = "/live/overview"
	p.render(w, http.StatusOK, "overview", page)
	return nil
}

// overviewFor is how long an overview is shown.
const overviewFor = 2 * time.Second

// overviewCache keeps the latest overview, and of the history what is over.
type overviewCache struct {
	turn   sync.Mutex // one computation at a time
	latest *overview
	took   time.Duration // to compute the latest
	days   map[time.Time]erasure.Period
}

// get returns an overview that is at most overviewFor old, or 20 times as old as it took to
// compute, whichever is longer.
func (c *overviewCache) get(ctx context.Context, now func() time.Time, compute func(context.Context, time.Time) (*overview, error)) (*overview, error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	if age := time.Duration(0); c.latest != nil {
		if age = now().Sub(c.latest.At); age >= 0 && age < max(overviewFor, 20*c.took) {
			return c.latest, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := time.Now()
	o, err := compute(ctx, now())
	if err != nil {
		return nil, err
	}
	c.latest, c.took = o, time.Since(began)
	return o, nil
}

// forget makes the next overview a new one, after an action.
func (c *overviewCache) forget() {
	c.turn.Lock()
	defer c.turn.Unlock()
	c.latest = nil
}

func (p *Page) computeOverview(ctx context.Context, now time.Time) (*overview, error) {
	o := &overview{At: now.UTC()}
	var states []erasure.ConnectionState
	var errs [5]error
	o.Counts, errs[0] = p.Store.Counts(ctx, now)
	states, errs[1] = p.Store.Connections(ctx)
	o.Waiting, errs[2] = p.Store.Waiting(ctx, now, DueLimit)
	o.Unworked, errs[3] = p.Unworked(ctx)
	o.Trends, errs[4] = p.trends(ctx, now)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	o.Causes = shownCauses(o.Counts)
	o.Conns = p.shownConnections(o.Counts, states, now)
	return o, nil
}

// shownCauses returns what needs a person, the most first.
func shownCauses(counts erasure.Counts) []shownCause {
	var causes []shownCause
	for cause, n := range counts.Attention {
		causes = append(causes, shownCause{
			Cause: cause, Targets: n, Advice: AdviceOn(cause.Reason),
			Link: Search{Person: true, Provider: cause.Provider, Reason: cause.Reason}.Link(),
		})
	}
	slices.SortFunc(causes, func(a, b shownCause) int {
		return cmp.Or(b.Targets-a.Targets, cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Reason, b.Reason))
	})
	return causes
}

func (p *Page) shownConnections(counts erasure.Counts, states []erasure.ConnectionState, now time.Time) []shownConnection {
	shown := map[string]*shownConnection{}
	of := func(name string) *shownConnection {
		if shown[name] == nil {
			shown[name] = &shownConnection{ConnectionState: erasure.ConnectionState{Name: name}}
		}
		return shown[name]
	}
	for _, state := range states {
		of(state.Name).ConnectionState = state
		of(state.Name).Known = true
		of(state.Name).Live = state.Live(now, p.HeartbeatTimeout)
	}
	for i := range p.Connections {
		of(p.Connections[i].Name).Configured = &p.Connections[i]
	}
	for cause, n := range counts.Open {
		of(cause.Provider).Open += n
	}
	for cause, n := range counts.Attention {
		of(cause.Provider).Attention += n
	}
	for cause, at := range counts.Oldest {
		if c := of(cause.Provider); c.Oldest.IsZero() || at.Before(c.Oldest) {
			c.Oldest = at
		}
	}
	var list []shownConnection
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		list = append(list, *shown[name])
	}
	return list
}

const (
	hoursShown = 24
	daysShown  = 30
	day        = 24 * time.Hour
)

// trends returns what happened in the last day by hour, and in the last month by day.
func (p *Page) trends(ctx context.Context, now time.Time) ([]trend, error) {
	hour := now.UTC().Truncate(time.Hour)
	hours, err := p.Store.History(ctx, hour.Add(-(hoursShown-1)*time.Hour), time.Hour, hoursShown)
	if err != nil {
		return nil, err
	}
	days, err := p.days(ctx, now.UTC().Truncate(day))
	if err != nil {
		return nil, err
	}
	return []trend{newTrend("The last 24 hours", "Hour", hours), newTrend("The last 30 days", "Day", days)}, nil
}

// days returns the periods of the last days, of which today is the last. A day that is over is
// read once.
func (p *Page) days(ctx context.Context, today time.Time) (periods []erasure.Period, err error) {
	first := today.Add(-(daysShown - 1) * day)
	known := p.overview.days
	if known == nil {
		known = map[time.Time]erasure.Period{}
		p.overview.days = known
	}
	maps.DeleteFunc(known, func(begin time.Time, _ erasure.Period) bool { return begin.Before(first) })
	for begin := first; !begin.After(today); begin = begin.Add(day) {
		period, ok := known[begin]
		if !ok {
			read, err := p.Store.History(ctx, begin, day, 1)
			if err != nil {
				return nil, err
			}
			period = read[0]
		}
		if begin.Before(today) {
			known[begin] = period
		}
		periods = append(periods, period)
	}
	return periods, nil
}
