package daemon

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// metrics are what /metrics shows. No label contains an id.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
}

func newMetrics(store *sqlstore.Store, log *slog.Logger) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "yuno_erasure_request_duration_seconds", Help: "Requests, by status and code of the response.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"status", "code"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yuno_erasure_provider_outcomes_total", Help: "Attempts at providers, by outcome.",
		}, []string{"provider", "outcome"}),
	}
	m.registry.MustRegister(m.requests, m.outcomes, &storeCollector{store, log},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// request observes a request to the API.
func (m *metrics) request(_ context.Context, e server.Event) {
	m.requests.WithLabelValues(strconv.Itoa(e.Status), e.Code).Observe(e.Duration.Seconds())
}

// outcome observes an attempt at a provider.
func (m *metrics) outcome(provider string, o erasure.Outcome) {
	m.outcomes.WithLabelValues(provider, string(o.Kind)).Inc()
}

// storeCollector counts rows in the database at every scrape.
type storeCollector struct {
	store *sqlstore.Store
	log   *slog.Logger
}

var (
	customersDesc = prometheus.NewDesc("yuno_erasure_customers", "Live customers.", nil, nil)
	erasuresDesc  = prometheus.NewDesc("yuno_erasure_erasures", "Erasures, by state.", []string{"state"}, nil)
	targetsDesc   = prometheus.NewDesc("yuno_erasure_targets", "Targets, by state.", []string{"state"}, nil)
	overdueDesc   = prometheus.NewDesc("yuno_erasure_overdue", "Erasures that are not complete and past their deadline. Alert on it.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{customersDesc, erasuresDesc, targetsDesc, overdueDesc} {
		descs <- d
	}
}

// Collect implements prometheus.Collector. If the database does not respond, the
// scrape lacks these metrics and the cause is logged.
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := c.store.Counts(ctx, time.Now())
	if err != nil {
		c.log.Warn("metrics: counting", "err", err)
		return
	}
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	gauge(customersDesc, counts.Customers)
	gauge(overdueDesc, counts.Overdue)
	for state, n := range counts.Erasures {
		gauge(erasuresDesc, n, string(state))
	}
	for state, n := range counts.Targets {
		gauge(targetsDesc, n, string(state))
	}
}
