package daemon

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// metrics are what /metrics shows. No label contains an id, and none of a provider has a
// name that only an import knows: these are as many as people misspell.
type metrics struct {
	configured map[string]bool
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	outcomes   *prometheus.CounterVec
}

func newMetrics(store *sqlstore.Store, queue *jobs.Queue, connections []*provider.Connection, log *slog.Logger) *metrics {
	m := &metrics{
		configured: map[string]bool{},
		registry:   prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "yuno_erasure_request_duration_seconds", Help: "Requests, by status and code of the response.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"status", "code"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yuno_erasure_provider_outcomes_total", Help: "Attempts at providers, by outcome.",
		}, []string{"provider", "outcome"}),
	}
	for _, c := range connections {
		m.configured[c.Name()] = true
		for _, kind := range outcomeKinds {
			m.outcomes.WithLabelValues(c.Name(), string(kind))
		}
	}
	m.registry.MustRegister(m.requests, m.outcomes, newStoreCollector(store, queue, connections, log),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// unknownProvider is the label of all providers that no process has in its configuration.
const unknownProvider = "unknown"

var outcomeKinds = []erasure.OutcomeKind{
	erasure.OutcomeSucceeded, erasure.OutcomeAlreadyGone, erasure.OutcomeNotSupported,
	erasure.OutcomeActionRequired, erasure.OutcomeDeferred, erasure.OutcomeRetry,
}

// log adds the metric of the erasure log.
func (m *metrics) log(behind func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "yuno_erasure_log_behind_seconds", Help: "How long ago the erasure log was up to date. Alert on more than a minute.",
	}, behind))
}

// request observes a request to the API.
func (m *metrics) request(_ context.Context, e server.Event) {
	m.requests.WithLabelValues(strconv.Itoa(e.Status), e.Code).Observe(e.Duration.Seconds())
}

// outcome observes an attempt at a provider.
func (m *metrics) outcome(provider string, o erasure.Outcome) {
	if !m.configured[provider] {
		provider = unknownProvider
	}
	m.outcomes.WithLabelValues(provider, string(o.Kind)).Inc()
}
