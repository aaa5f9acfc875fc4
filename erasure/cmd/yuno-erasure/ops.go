package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/server"
)

// operations serves /healthz (the process answers), /readyz (it can do its work:
// the database answers, the schema and the master key are this program's, and
// the queue has a leader if this process works) and /metrics.
func (d *daemon) operations(working bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeStatus(w, map[string]string{"process": "ok"}, true) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		status, ok := d.ready(ctx, working)
		writeStatus(w, status, ok)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}

// ready names what works and what does not. The cause goes to the log.
func (d *daemon) ready(ctx context.Context, working bool) (status map[string]string, ok bool) {
	status, ok = map[string]string{}, true
	note := func(part string, err error) {
		status[part] = "ok"
		if err != nil {
			status[part], ok = "failed", false
			d.log.WarnContext(ctx, "not ready", "part", part, "err", err)
		}
	}
	note("database", d.store.Check(ctx))
	if working {
		leads, err := jobs.HasLeader(ctx, d.store)
		note("queue", err)
		if err == nil && !leads {
			status["queue"], ok = "no leader yet", false
		}
	}
	return status, ok
}

func writeStatus(w http.ResponseWriter, status map[string]string, ok bool) {
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(status) // the client is gone, then
}

// metrics are what /metrics shows. No label holds an id.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
}

func newMetrics(store counter, log *slog.Logger) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "yuno_erasure_request_duration_seconds", Help: "Requests, by status and code of the answer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"status", "code"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yuno_erasure_provider_outcomes_total", Help: "Attempts at providers, by what they came to.",
		}, []string{"provider", "outcome"}),
	}
	m.registry.MustRegister(m.requests, m.outcomes, &storeCollector{store, log},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// request is a server observer.
func (m *metrics) request(_ context.Context, e server.Event) {
	m.requests.WithLabelValues(strconv.Itoa(e.Status), e.Code).Observe(e.Duration.Seconds())
}

// outcome is told of every attempt.
func (m *metrics) outcome(provider string, o erasure.Outcome) {
	m.outcomes.WithLabelValues(provider, string(o.Kind)).Inc()
}

// counter is the part of the store that the metrics use.
type counter interface {
	Counts(ctx context.Context, now time.Time) (erasure.Counts, error)
}

// storeCollector counts in the database when it is asked.
type storeCollector struct {
	store counter
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

// Collect implements prometheus.Collector.
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
