package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// storeCollector counts rows in the database at every scrape. All processes on a database
// count the same, so adding these gauges up would count everything several times: the help of each says so.
type storeCollector struct {
	store  *sqlstore.Store
	queue  *jobs.Queue
	causes []erasure.Cause // of the configured providers
	log    *slog.Logger
}

func newStoreCollector(store *sqlstore.Store, queue *jobs.Queue, connections []*provider.Connection, log *slog.Logger) *storeCollector {
	c := &storeCollector{store: store, queue: queue, log: log}
	seen := map[erasure.Cause]bool{}
	for _, connection := range connections {
		for _, reason := range append(connection.Reasons(), generalReasons()...) {
			if cause := (erasure.Cause{Provider: connection.Name(), Reason: reason}); !seen[cause] {
				seen[cause] = true
				c.causes = append(c.causes, cause)
			}
		}
	}
	return c
}

// stored describes a gauge of what the database contains.
func stored(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+name, help+" Read from the database, the same in every process on it: aggregate with max.", labels, nil)
}

var (
	databaseUpDesc = prometheus.NewDesc(namespace+"database_up", "1 if this process could read its database for this scrape; at 0 the metrics from the database are missing.", nil, nil)

	customersDesc = stored("customers", "Live customers.")
	erasuresDesc  = stored("erasures", "Erasures, by state.", "state")
	targetsDesc   = stored("targets", "Targets, by state.", "state")
	overdueDesc   = stored("overdue", "Erasures that are not complete and past their deadline.")
	atRiskDesc    = stored("at_risk", "Erasures that are not complete and have used half of their time.")
	openDesc      = stored("open_targets", "Targets that are not final, by provider and reason of the last outcome; a provider that no process has is unknown.", "provider", "reason")
	attentionDesc = stored("attention_targets", "Targets that need a person, by provider and reason.", "provider", "reason")
	oldestDesc    = stored("oldest_open_seconds", "Age of the oldest erasure with an open target, by provider and reason; 0 without one.", "provider", "reason")
	queueAgeDesc  = stored("queue_age_seconds", "How long the longest waiting target has been due that no attempt has begun at; 0 without one, and while the connection is paused.", "provider")
	upDesc        = stored("connection_up", "1 while a running process works on the provider's targets.", "provider")
	pausedDesc    = stored("connection_paused", "1 while nothing is sent to the provider but its check.", "provider")
	unworkedDesc  = stored("unworked_jobs", "Jobs that are due in queues that no process works on.")
)

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		databaseUpDesc, customersDesc, erasuresDesc, targetsDesc, overdueDesc, atRiskDesc, openDesc,
		attentionDesc, oldestDesc, queueAgeDesc, upDesc, pausedDesc, unworkedDesc,
	} {
		descs <- d
	}
}

// snapshot is what the database contains.
type snapshot struct {
	at     time.Time
	counts erasure.Counts
	states []erasure.ConnectionState
	// unworked is the number of due jobs, by queue that no process works on.
	unworked map[string]int
}

// Collect implements prometheus.Collector. If the database does not respond, the
// scrape lacks its metrics, says that it does not, and the cause is logged.
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	s, err := c.read()
	if err != nil {
		c.log.Warn("metrics", "err", err)
		gauge(databaseUpDesc, 0)
		return
	}
	gauge(databaseUpDesc, 1)
	collectCounts(s.counts, gauge)
	s.counts = c.knownOnly(s.counts, s.states)
	c.collectCauses(s, gauge)
	c.collectConnections(s, gauge)
	unworked := 0
	for _, due := range s.unworked {
		unworked += due
	}
	gauge(unworkedDesc, float64(unworked))
}

func (c *storeCollector) read() (s snapshot, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s.at = time.Now()
	if s.counts, err = c.store.Counts(ctx, s.at); err != nil {
		return s, err // says that it counts
	}
	if s.states, err = c.store.Connections(ctx); err != nil {
		return s, err
	}
	if s.unworked, err = c.queue.Unworked(ctx, s.states); err != nil {
		return s, fmt.Errorf("queues: %w", err)
	}
	return s, nil
}

type gauge func(d *prometheus.Desc, value float64, labels ...string)

// collectCounts reports what is counted over all providers.
func collectCounts(counts erasure.Counts, gauge gauge) {
	gauge(customersDesc, float64(counts.Customers))
	gauge(overdueDesc, float64(counts.Overdue))
	gauge(atRiskDesc, float64(counts.AtRisk))
	for _, state := range []erasure.ErasureState{
		erasure.ErasureInProgress, erasure.ErasureCompleted, erasure.ErasureCompletedWithExceptions, erasure.ErasureAttentionRequired,
	} {
		gauge(erasuresDesc, float64(counts.Erasures[state]), string(state))
	}
	for _, state := range []erasure.TargetState{
		erasure.TargetPending, erasure.TargetInProgress, erasure.TargetSucceeded, erasure.TargetAlreadyGone,
		erasure.TargetNotSupported, erasure.TargetActionRequired, erasure.TargetFailed,
	} {
		gauge(targetsDesc, float64(counts.Targets[state]), string(state))
	}
}

// knownOnly adds up the counts of providers that no process ever had.
func (c *storeCollector) knownOnly(counts erasure.Counts, states []erasure.ConnectionState) erasure.Counts {
	known := map[string]bool{}
	for _, cause := range c.causes {
		known[cause.Provider] = true
	}
	for _, state := range states {
		known[state.Name] = true
	}
	label := func(provider string) string {
		if !known[provider] {
			return unknownProvider
		}
		return provider
	}
	labelled := func(cause erasure.Cause) erasure.Cause {
		cause.Provider = label(cause.Provider)
		return cause
	}
	counts.Open, counts.Attention = sums(counts.Open, labelled), sums(counts.Attention, labelled)
	counts.Oldest, counts.Due = earliest(counts.Oldest, labelled), earliest(counts.Due, label)
	return counts
}

func sums[K comparable](counted map[K]int, label func(K) K) map[K]int {
	sums := map[K]int{}
	for key, n := range counted {
		sums[label(key)] += n
	}
	return sums
}

func earliest[K comparable](times map[K]time.Time, label func(K) K) map[K]time.Time {
	first := map[K]time.Time{}
	for key, at := range times {
		if before, ok := first[label(key)]; !ok || at.Before(before) {
			first[label(key)] = at
		}
	}
	return first
}

// age is how long ago something was, in seconds, or 0 if it has not been.
func age(now, since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(now.Sub(since).Seconds(), 0)
}

// collectCauses reports every known cause, and those in the database.
func (c *storeCollector) collectCauses(s snapshot, gauge gauge) {
	causes := map[erasure.Cause]bool{}
	for _, cause := range c.causes {
		causes[cause] = true
	}
	for _, counted := range []map[erasure.Cause]int{s.counts.Open, s.counts.Attention} {
		for cause := range counted {
			causes[cause] = true
		}
	}
	for cause := range causes {
		gauge(openDesc, float64(s.counts.Open[cause]), cause.Provider, cause.Reason)
		gauge(attentionDesc, float64(s.counts.Attention[cause]), cause.Provider, cause.Reason)
		gauge(oldestDesc, age(s.at, s.counts.Oldest[cause]), cause.Provider, cause.Reason)
	}
}

// collectConnections reports every connection that this process or another one ever had.
func (c *storeCollector) collectConnections(s snapshot, gauge gauge) {
	states := map[string]erasure.ConnectionState{}
	for _, cause := range c.causes {
		states[cause.Provider] = erasure.ConnectionState{Name: cause.Provider}
	}
	for _, state := range s.states {
		states[state.Name] = state
	}
	for name, state := range states {
		gauge(upDesc, number(c.queue.Live(state, s.at)), name)
		gauge(pausedDesc, number(state.Paused()), name)
		waited := 0.0
		if !state.Paused() {
			waited = age(s.at, s.counts.Due[name])
		}
		gauge(queueAgeDesc, waited, name)
	}
	if due, ok := s.counts.Due[unknownProvider]; ok {
		gauge(queueAgeDesc, age(s.at, due), unknownProvider)
	}
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
