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
	o, err := p.currentOverview(r.Context())
	if err != nil {
		return err
	}
	page := p.view(v, "Overview", "overview", o)
	page.Live = "/live/overview"
	p.render(w, http.StatusOK, "overview", page)
	return nil
}

const (
	// overviewFor is how long an overview is new. It is longer if the overview took long to
	// compute: then the database spends a twentieth of the time on it, up to overviewForAtMost.
	overviewFor       = 2 * time.Second
	overviewForAtMost = 15 * time.Second
	// overviewStale is how old an overview may be that is shown while the next one is
	// computed. It says itself how old it is.
	overviewStale = time.Minute
)

// overviewCache keeps the latest overview, and of the history what is over.
type overviewCache struct {
	turn sync.Mutex                                     // one computation at a time
	over map[time.Duration]map[time.Time]erasure.Period // by length and begin

	mu         sync.Mutex
	latest     *overview
	took       time.Duration // to compute the latest
	refreshing bool
	forgotten  int // how often; what was computed before the last time is not kept
}

// currentOverview returns an overview, at once if there is one that is not stale.
func (p *Page) currentOverview(ctx context.Context) (*overview, error) {
	c := &p.overview
	c.mu.Lock()
	latest, age, isNew := c.latest, time.Duration(0), false
	if latest != nil {
		age = p.Now().Sub(latest.At)
		isNew = age >= 0 && age < min(max(overviewFor, 20*c.took), overviewForAtMost)
	}
	shown := isNew || latest != nil && age >= 0 && age < overviewStale
	refresh := shown && !isNew && !c.refreshing
	if refresh {
		c.refreshing = true
	}
	c.mu.Unlock()
	if refresh {
		go p.refreshOverview(context.WithoutCancel(ctx))
	}
	if shown {
		return latest, nil
	}
	return p.newOverview(ctx, latest)
}

// refreshOverview computes an overview for those who ask next.
func (p *Page) refreshOverview(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := p.newOverview(ctx, nil); err != nil {
		p.Logger.WarnContext(ctx, "operations page: overview", "err", err)
	}
	p.overview.mu.Lock()
	p.overview.refreshing = false
	p.overview.mu.Unlock()
}

// newOverview computes an overview, unless another than the given one was computed while it
// waited for its turn.
func (p *Page) newOverview(ctx context.Context, old *overview) (*overview, error) {
	c := &p.overview
	c.turn.Lock()
	defer c.turn.Unlock()
	c.mu.Lock()
	latest, forgotten := c.latest, c.forgotten
	c.mu.Unlock()
	if old != nil && latest != nil && latest != old {
		return latest, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := time.Now()
	o, err := p.computeOverview(ctx, p.Now())
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.took = time.Since(began); c.forgotten == forgotten {
		c.latest = o
	}
	c.mu.Unlock()
	return o, nil
}

// forget makes the next overview a new one, after an action.
func (c *overviewCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = nil
	c.forgotten++
}

func (p *Page) computeOverview(ctx context.Context, now time.Time) (*overview, error) {
	o := &overview{At: now.UTC()}
	var states []erasure.ConnectionState
	var errs [5]error
	var reads sync.WaitGroup
	reads.Go(func() { o.Counts, errs[0] = p.Store.Counts(ctx, now) })
	reads.Go(func() {
		states, errs[1] = p.Store.Connections(ctx)
		o.Waiting, errs[2] = p.Store.Waiting(ctx, now, DueLimit)
		o.Unworked, errs[3] = p.Unworked(ctx)
	})
	o.Trends, errs[4] = p.trends(ctx, now)
	reads.Wait()
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
