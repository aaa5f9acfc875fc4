package daemon

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/yuno-community/yuno-customers/erasure/jobs"
)

const metricsPath = "/metrics"

// operations serves three paths, and the operations page on all others. /healthz succeeds while the process runs. /readyz
// succeeds while it can do its work: the database responds, the schema and the master
// key are the ones this program needs and, if working is set, the queue has a leader and
// no provider's jobs lie in a queue that no process works on. A process without workers
// reports such jobs and is ready: what it accepts waits for a worker.
// /metrics is for Prometheus.
//
// The database is asked by one request for each path at a time, for everybody who waits:
// however many ask, the API and the workers do not notice.
func (d *Daemon) operations(working bool) http.Handler {
	ready := newShared(func() readiness { return d.readiness(working) },
		atMostATwentieth(20*time.Millisecond, time.Second))
	metrics := newShared(func() *page { return render(promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{})) },
		atMostATwentieth(200*time.Millisecond, 5*time.Second))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, map[string]string{"process": "ok"}, true)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if got, err := ready.get(r.Context()); err == nil {
			writeStatus(w, got.parts, got.ok)
		}
	})
	mux.HandleFunc("GET "+metricsPath, func(w http.ResponseWriter, r *http.Request) {
		if got, err := metrics.get(r.Context()); err == nil {
			got.send(w)
		}
	})
	mux.Handle("/", d.page)
	return mux
}

// readiness is the status of each part, and of all.
type readiness struct {
	parts map[string]string
	ok    bool
}

func (d *Daemon) readiness(working bool) (r readiness) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	r.parts, r.ok = d.ready(ctx, working)
	return r
}

// ready returns the status of each part. The causes of failures are logged, not
// returned.
func (d *Daemon) ready(ctx context.Context, working bool) (status map[string]string, ok bool) {
	status, ok = map[string]string{}, true
	record := func(part string, err error) {
		status[part] = "ok"
		if err != nil {
			status[part], ok = "failed", false
			d.log.WarnContext(ctx, "not ready", "part", part, "err", err)
		}
	}
	record("database", d.store.Check(ctx))
	if d.erasureLog != nil {
		record("erasure_log", d.erasureLog.status())
	}
	if working {
		hasLeader, err := jobs.HasLeader(ctx, d.store)
		record("queue", err)
		if err == nil && !hasLeader {
			status["queue"], ok = "no leader yet", false
		}
	}
	unworked, err := d.unworked(ctx)
	record("connections", err)
	if len(unworked) > 0 {
		status["connections"] = "jobs are due that no process works on: " + strings.Join(slices.Sorted(maps.Keys(unworked)), ", ")
		ok = ok && !working
	}
	return status, ok
}

// unworked returns the number of due jobs in each queue that no process works on.
func (d *Daemon) unworked(ctx context.Context) (map[string]int, error) {
	states, err := d.store.Connections(ctx)
	if err != nil {
		return nil, err
	}
	return d.queue.Unworked(ctx, states)
}

func writeStatus(w http.ResponseWriter, status map[string]string, ok bool) {
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(status) // fails only if the client is gone
}
