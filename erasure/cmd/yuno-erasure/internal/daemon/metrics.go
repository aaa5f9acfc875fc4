package daemon

import (
	"log/slog"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// metrics are what /metrics shows. There are two kinds: what this process has done, which is
// added up over processes, and what the database contains, which is the same in each of them;
// see [storeCollector]. What is known to come has a metric from the start, at zero, so that
// an alert sees the first increase.
//
// No label contains an id, and none of a provider has a name that only an import knows:
// these are as many as people misspell.
type metrics struct {
	configured map[string]bool
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	latency    *prometheus.HistogramVec
	attempts   *prometheus.CounterVec
	asked      *prometheus.HistogramVec
	targets    *prometheus.CounterVec
	erasures   *prometheus.HistogramVec
}

func newMetrics(store *sqlstore.Store, queue *jobs.Queue, connections []*provider.Connection, log *slog.Logger) *metrics {
	m := &metrics{
		configured: map[string]bool{},
		registry:   prometheus.NewRegistry(),
		requests: counter("requests_total",
			"Requests to this process, by status and code of the response; 202 is an accepted delete, 499 a client that was gone.",
			"status", "code"),
		latency: histogram("request_duration_seconds",
			"Time of requests to this process, by status. Those that got a 401 or a 429 are not among them: the server lets them wait on purpose.",
			prometheus.ExponentialBuckets(0.001, 2, 14), "status"),
		attempts: counter("attempts_total", "Attempts of this process at targets, by outcome and its reason.", "provider", "outcome", "reason"),
		asked: histogram("attempt_duration_seconds",
			"Time of the provider's calls in an attempt of this process, with their wait for the rate limit.",
			prometheus.ExponentialBuckets(0.01, 2, 13), "provider"),
		targets: counter("targets_ended_total", "Targets that attempts of this process have ended, by state and reason.", "provider", "state", "reason"),
		erasures: histogram("time_to_complete_seconds",
			"Time from accepting a delete until no target was open, of erasures that this process has ended, by their state then.",
			timesToComplete, "state"),
	}
	m.prepare(connections)
	m.registry.MustRegister(m.requests, m.latency, m.attempts, m.asked, m.targets, m.erasures,
		newStoreCollector(store, queue, connections, log),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// timesToComplete are from a second to the legal limit of a month, and a week beyond.
var timesToComplete = []float64{1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, day, 2 * day, 3 * day, 7 * day, 14 * day, 21 * day, 30 * day, 37 * day}

const day = 24 * 3600 // seconds

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: namespace + name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: namespace + name, Help: help, Buckets: buckets}, labels)
}

// namespace begins the name of each metric of this program.
const namespace = "yuno_erasure_"

// prepare sets what is known to come to zero.
func (m *metrics) prepare(connections []*provider.Connection) {
	for status, codes := range responses {
		for _, code := range codes {
			m.requests.WithLabelValues(strconv.Itoa(status), code)
		}
		if !held(status) {
			m.latency.WithLabelValues(strconv.Itoa(status))
		}
	}
	for _, c := range connections {
		m.configured[c.Name()] = true
		m.asked.WithLabelValues(c.Name())
		for _, o := range append(c.Outcomes(), generalOutcomes...) {
			m.attempts.WithLabelValues(c.Name(), string(o.Kind), o.Reason)
			for _, end := range endsOf(o) {
				m.targets.WithLabelValues(c.Name(), string(end), o.Reason)
			}
		}
	}
	for _, state := range endedStates {
		m.erasures.WithLabelValues(string(state))
	}
}

// endedStates are the states in which no target is open.
var endedStates = []erasure.ErasureState{erasure.ErasureCompleted, erasure.ErasureCompletedWithExceptions, erasure.ErasureAttentionRequired}

// endsOf returns the states in which an attempt with an outcome can leave a target for good.
func endsOf(o erasure.Outcome) []erasure.TargetState {
	switch o.Kind {
	case erasure.OutcomeSucceeded, erasure.OutcomeAlreadyGone, erasure.OutcomeNotSupported, erasure.OutcomeActionRequired:
		return []erasure.TargetState{erasure.TargetState(o.Kind)}
	case erasure.OutcomeRetry, erasure.OutcomeDeferred:
		return []erasure.TargetState{erasure.TargetFailed} // at the last attempt before the deadline
	}
	return nil
}

// responses are the statuses and codes that the API sends, and 499 for a client that was
// gone before its response.
var responses = map[int][]string{
	http.StatusAccepted: {""},
	http.StatusBadRequest: {
		server.CodeCustomerNotFound, server.CodeInvalidAccountID, server.CodeInvalidParameters, server.CodeInvalidRequest, server.CodeMissingParameters,
	},
	http.StatusUnauthorized:        {server.CodeInvalidCredentials, server.CodeExpiredCredentials},
	http.StatusForbidden:           {server.CodeAuthorizationRequired},
	http.StatusNotFound:            {server.CodeNotFound},
	http.StatusMethodNotAllowed:    {server.CodeUnsupportedMethod},
	http.StatusTooManyRequests:     {server.CodeTooManyRequests},
	server.StatusClientGone:        {""},
	http.StatusInternalServerError: {server.CodeInternalError},
	http.StatusServiceUnavailable:  {server.CodeServiceUnavailable},
	http.StatusGatewayTimeout:      {server.CodeRequestTimeout},
}

// held reports whether requests with that status may have been made to wait, so that their
// time says nothing about the service. See [server.WithGuard].
func held(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusTooManyRequests
}

// unknownProvider is the label of all providers that no process has in its configuration.
const unknownProvider = "unknown"

// log adds the metric of the erasure log.
func (m *metrics) log(behind func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: namespace + "log_behind_seconds", Help: "How long ago the erasure log of this process was up to date.",
	}, behind))
}

// request observes a request to the API.
func (m *metrics) request(e server.Event) {
	status := strconv.Itoa(e.Status)
	m.requests.WithLabelValues(status, e.Code).Inc()
	if !held(e.Status) {
		m.latency.WithLabelValues(status).Observe(e.Duration.Seconds())
	}
}

// attempt observes an attempt at a target.
func (m *metrics) attempt(a erasure.AttemptReport) {
	name := a.Provider
	if !m.configured[name] {
		name = unknownProvider
	}
	m.attempts.WithLabelValues(name, string(a.Kind), a.Reason).Inc()
	if a.Asked > 0 {
		m.asked.WithLabelValues(name).Observe(a.Asked.Seconds())
	}
	if a.State != "" && a.State.Final() {
		m.targets.WithLabelValues(name, string(a.State), a.StateReason).Inc()
	}
}

// ended observes an erasure that has no open target any more.
func (m *metrics) ended(e erasure.EndedErasure) {
	m.erasures.WithLabelValues(string(e.State)).Observe(e.Took.Seconds())
}
