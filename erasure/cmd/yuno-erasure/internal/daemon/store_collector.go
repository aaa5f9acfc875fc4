package daemon

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// storeCollector counts rows in the database at every scrape. What it knows of has a
// metric from the start, at zero, so that an alert sees the first increase.
type storeCollector struct {
	store  *sqlstore.Store
	queue  *jobs.Queue
	causes []erasure.Cause // of the configured providers
	log    *slog.Logger
}

// knownReasons are the reasons that every provider's targets may have. The empty one is
// that of a target before its first attempt.
var knownReasons = []string{
	"", erasure.ReasonKeyRefused, erasure.ReasonNotFoundUnproven, erasure.ReasonNotFoundUnconfirmed, erasure.ReasonStillThere,
	erasure.ReasonUnexpectedAnswer, erasure.ReasonUnexpectedStatus, erasure.ReasonAnswerTooLarge, erasure.ReasonUnexpectedAnswerRepeated,
	erasure.ReasonMoreToDo, erasure.ReasonWaitingForTurn, erasure.ReasonDeferredPastDeadline, erasure.ReasonDeadlinePassed,
	erasure.ReasonProviderNotConfigured, erasure.ReasonReferencesUnreadable, erasure.ReasonReferencesLost,
	"rate_limited", "timeout", "connection_failed", "tls_failed", "canceled", "references_missing", "reference_unusable",
	"retried_by_operator", "reopened_by_operator", "reapplied_from_log", "connection_resumed", "connection_recovered",
}

func newStoreCollector(store *sqlstore.Store, queue *jobs.Queue, connections []*provider.Connection, log *slog.Logger) *storeCollector {
	c := &storeCollector{store: store, queue: queue, log: log}
	seen := map[erasure.Cause]bool{}
	for _, connection := range connections {
		for _, reason := range append(connection.Reasons(), knownReasons...) {
			if cause := (erasure.Cause{Provider: connection.Name(), Reason: reason}); !seen[cause] {
				seen[cause] = true
				c.causes = append(c.causes, cause)
			}
		}
	}
	return c
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("yuno_erasure_"+name, help, labels, nil)
}

var (
	customersDesc = desc("customers", "Live customers.")
	erasuresDesc  = desc("erasures", "Erasures, by state.", "state")
	targetsDesc   = desc("targets", "Targets, by state.", "state")
	overdueDesc   = desc("overdue", "Erasures that are not complete and past their deadline. Alert on it.")
	atRiskDesc    = desc("at_risk", "Erasures that are not complete and have used half of their time. Alert on it.")
	openDesc      = desc("open_targets", "Targets that are not final, by provider and reason of the last outcome; a provider that no process has is unknown.", "provider", "reason")
	attentionDesc = desc("attention_targets", "Targets that need a person, by provider and reason. Alert on it.", "provider", "reason")
	oldestDesc    = desc("oldest_open_seconds", "Age of the oldest erasure with an open target, by provider and reason; 0 without one.", "provider", "reason")
	pausedDesc    = desc("connection_paused", "1 while nothing is sent to the provider but its check. Alert on it.", "provider")
	unworkedDesc  = desc("unworked_jobs", "Jobs that are due in queues that no process works on. Alert on it.")
)

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		customersDesc, erasuresDesc, targetsDesc, overdueDesc, atRiskDesc,
		openDesc, attentionDesc, oldestDesc, pausedDesc, unworkedDesc,
	} {
		descs <- d
	}
}

// Collect implements prometheus.Collector. If the database does not respond, the
// scrape lacks these metrics and the cause is logged.
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now := time.Now()
	counts, err := c.store.Counts(ctx, now)
	if err != nil {
		c.log.Warn("metrics: counting", "err", err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
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
	states, err := c.store.Connections(ctx)
	if err != nil {
		c.log.Warn("metrics: connections", "err", err)
		return
	}
	c.collectCauses(c.knownOnly(counts, states), now, gauge)
	c.collectConnections(ctx, states, gauge)
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
	label := func(cause erasure.Cause) erasure.Cause {
		if !known[cause.Provider] {
			cause.Provider = unknownProvider
		}
		return cause
	}
	add := func(counted map[erasure.Cause]int) map[erasure.Cause]int {
		sums := map[erasure.Cause]int{}
		for cause, n := range counted {
			sums[label(cause)] += n
		}
		return sums
	}
	counts.Open, counts.Attention = add(counts.Open), add(counts.Attention)
	oldest := map[erasure.Cause]time.Time{}
	for cause, accepted := range counts.Oldest {
		if first, ok := oldest[label(cause)]; !ok || accepted.Before(first) {
			oldest[label(cause)] = accepted
		}
	}
	counts.Oldest = oldest
	return counts
}

type gauge func(d *prometheus.Desc, value float64, labels ...string)

// collectCauses reports every known cause, and those in the database.
func (c *storeCollector) collectCauses(counts erasure.Counts, now time.Time, gauge gauge) {
	causes := map[erasure.Cause]bool{}
	for _, cause := range c.causes {
		causes[cause] = true
	}
	for _, counted := range []map[erasure.Cause]int{counts.Open, counts.Attention} {
		for cause := range counted {
			causes[cause] = true
		}
	}
	for cause := range maps.Keys(causes) {
		gauge(openDesc, float64(counts.Open[cause]), cause.Provider, cause.Reason)
		gauge(attentionDesc, float64(counts.Attention[cause]), cause.Provider, cause.Reason)
		age := 0.0
		if accepted, ok := counts.Oldest[cause]; ok {
			age = max(now.Sub(accepted).Seconds(), 0)
		}
		gauge(oldestDesc, age, cause.Provider, cause.Reason)
	}
}

func (c *storeCollector) collectConnections(ctx context.Context, states []erasure.ConnectionState, gauge gauge) {
	paused := map[string]float64{}
	for _, cause := range c.causes {
		paused[cause.Provider] = 0
	}
	for _, state := range states {
		if paused[state.Name] = 0; state.Paused() {
			paused[state.Name] = 1
		}
	}
	for name, value := range paused {
		gauge(pausedDesc, value, name)
	}
	unworked, err := c.queue.Unworked(ctx, states)
	if err != nil {
		c.log.Warn("metrics: queues", "err", err)
		return
	}
	n := 0
	for _, due := range unworked {
		n += due
	}
	gauge(unworkedDesc, float64(n))
}
