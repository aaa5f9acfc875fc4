package daemon

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// newDaemon returns a daemon without providers on an empty database.
func newDaemon(t *testing.T) *Daemon {
	t.Helper()
	key := sha256.Sum256([]byte("a master key for tests"))
	ring, err := seal.NewRing(key[:])
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(t.Context(), "file:"+filepath.Join(t.TempDir(), "test.db"), ring, sqlstore.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	d, err := New(t.Context(), store, nil, Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// gathered returns the series of a metric, by the values of its labels in the order of their
// names.
func gathered(t *testing.T, d *Daemon, name string) map[string]*dto.Metric {
	t.Helper()
	families, err := d.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]*dto.Metric{}
	for _, family := range families {
		if family.GetName() != namespace+name {
			continue
		}
		for _, metric := range family.GetMetric() {
			var values []string
			for _, label := range metric.GetLabel() {
				values = append(values, label.GetValue())
			}
			series[strings.Join(values, " ")] = metric
		}
	}
	return series
}

// Requests that were made to wait are counted, and their time is not.
func TestHeldRequestsAreNotTimed(t *testing.T) {
	t.Parallel()
	d := newDaemon(t)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/v1/customers/c1", nil)
	req.Header.Set("Public-Api-Key", "wrong")
	req.Header.Set("Private-Secret-Key", "wrong")
	d.Handler.ServeHTTP(httptest.NewRecorder(), req)
	requests := gathered(t, d, "requests_total")
	if got := requests[server.CodeInvalidCredentials+" 401"].GetCounter().GetValue(); got != 1 {
		t.Errorf("%v requests were refused, want 1", got)
	}
	if got := requests[" 202"]; got == nil || got.GetCounter().GetValue() != 0 {
		t.Errorf("accepted deletes: %v, want 0 from the start", got)
	}
	latency := gathered(t, d, "request_duration_seconds")
	for status, metric := range latency {
		if metric.GetHistogram().GetSampleCount() != 0 {
			t.Errorf("a request with %s was timed", status)
		}
	}
	if latency["202"] == nil || latency["401"] != nil {
		t.Errorf("got times of %v", latency)
	}
}

// A database that does not respond is a metric, and the others do not pretend to know.
func TestDatabaseUp(t *testing.T) {
	t.Parallel()
	d := newDaemon(t)
	for _, want := range []float64{1, 0} {
		if got := gathered(t, d, "database_up")[""]; got == nil || got.GetGauge().GetValue() != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if got := len(gathered(t, d, "overdue")); got != int(want) {
			t.Errorf("%d series of the database, want %v", got, want)
		}
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Metrics that are never done, or fail, delay nobody but who asks for them.
func TestStuckMetrics(t *testing.T) {
	t.Parallel()
	d := newDaemon(t)
	stuck, asked := make(chan struct{}), make(chan struct{}, 1)
	d.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "stuck"}, func() float64 {
		asked <- struct{}{}
		<-stuck
		panic(errors.New("broken"))
	}))
	operations := d.operations(false)
	scraped := make(chan any)
	go func() {
		defer func() { scraped <- recover() }()
		operations.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, metricsPath, nil))
	}()
	<-asked
	for _, handler := range []http.Handler{d.Handler, operations} {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		if response.Code >= http.StatusInternalServerError {
			t.Errorf("got %d", response.Code)
		}
	}
	close(stuck)
	<-scraped
}

// An outcome at a provider that is not configured, and one that was not recorded.
func TestAttemptMetrics(t *testing.T) {
	t.Parallel()
	d := newDaemon(t)
	for _, a := range []erasure.AttemptReport{
		{Provider: "mistyped", Kind: erasure.OutcomeActionRequired, Reason: "provider_not_configured", State: erasure.TargetActionRequired, StateReason: "provider_not_configured"},
		{Provider: "mistyped too", Kind: erasure.OutcomeRetry, Reason: "timeout", Asked: 1, State: erasure.TargetPending, StateReason: "timeout"},
		{Provider: "x", Kind: erasure.OutcomeSucceeded},
	} {
		d.observe(t.Context(), a)
	}
	if got := gathered(t, d, "attempts_total"); len(got) != 3 || got["action_required unknown provider_not_configured"].GetCounter().GetValue() != 1 {
		t.Errorf("got attempts %v", got)
	}
	if got := gathered(t, d, "targets_ended_total"); len(got) != 1 || got["unknown provider_not_configured action_required"] == nil {
		t.Errorf("got ends %v", got)
	}
	if got := gathered(t, d, "attempt_duration_seconds"); got["unknown"].GetHistogram().GetSampleCount() != 1 {
		t.Errorf("got durations %v", got)
	}
}
