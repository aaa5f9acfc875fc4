package daemon

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/tracing"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// Daemon is the whole service over a store, ready to be served.
type Daemon struct {
	// Handler is the HTTP API, with authentication and limits.
	Handler http.Handler

	store   *sqlstore.Store
	queue   *jobs.Queue
	service *erasure.Service
	metrics *metrics
	tracing *tracing.Tracing // nil for none
	page    *ops.Page
	log     *slog.Logger
	// erasureLog is nil without --erasure-log.
	erasureLog *erasureLog
}

// Config configures a [Daemon].
type Config struct {
	// Of the service; 0 for its defaults.
	Deadline, AttemptTimeout, MinBackoff, MaxBackoff, KeepReferences, HeartbeatTimeout time.Duration

	// Rate limits the requests per second of each public key; 0 for no limit.
	Rate float64
	// Proxies are the networks of trusted proxies, see [server.WithTrustedProxies].
	Proxies []netip.Prefix
	// Logger is required.
	Logger *slog.Logger
	// Tracing is nil for none. The caller stops it after the daemon is closed.
	Tracing *tracing.Tracing
}

// New ties the parts of the service together and starts none. The caller stops the
// workers, if it has started them, then closes the daemon, and then the store. The
// connections must not be in use: they share their turns with all processes on the store.
func New(ctx context.Context, store *sqlstore.Store, connections []*provider.Connection, cfg Config) (*Daemon, error) {
	d := &Daemon{store: store, log: cfg.Logger, tracing: cfg.Tracing}
	providers, workers := make([]erasure.Provider, len(connections)), map[string]int{}
	for i, p := range connections {
		p.ShareTurns(store)
		providers[i], workers[p.Name()] = p, p.Limits().Concurrency
	}
	var err error
	queue := jobs.Config{
		Workers: workers, Logger: cfg.Logger, AttemptTimeout: cfg.AttemptTimeout, HeartbeatTimeout: cfg.HeartbeatTimeout,
	}
	if cfg.Tracing != nil {
		queue.Trace = cfg.Tracing
	}
	d.queue, err = jobs.Open(ctx, store, queue)
	if err != nil {
		return nil, err
	}
	d.metrics = newMetrics(store, d.queue, connections, cfg.Logger)
	d.page = d.newPage(connections, cmp.Or(cfg.HeartbeatTimeout, erasure.DefaultHeartbeatTimeout), cfg.Proxies)
	d.service, err = erasure.NewService(store, d.queue.Enqueue, providers, erasure.Config{
		Deadline: cfg.Deadline, AttemptTimeout: cfg.AttemptTimeout, MinBackoff: cfg.MinBackoff, MaxBackoff: cfg.MaxBackoff,
		KeepReferences: cfg.KeepReferences, HeartbeatTimeout: cfg.HeartbeatTimeout, Logger: cfg.Logger,
		Observe: d.observe, Ended: func(_ context.Context, e erasure.EndedErasure) { d.metrics.ended(e) },
	})
	if err == nil {
		opts := []server.Option{
			server.WithOperations(erasure.Operation), server.WithLogger(cfg.Logger), server.WithObserver(d.responded),
			server.WithGuard(), server.WithTrustedProxies(cfg.Proxies...),
		}
		if cfg.Rate > 0 {
			opts = append(opts, server.WithLimiter(newKeyLimiter(cfg.Rate).wait))
		}
		var handler http.Handler
		handler, err = server.New(d.service, erasure.Authenticator{Accounts: store}, opts...)
		d.Handler = cfg.Tracing.Handler(handler)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// responded observes a request to the API.
func (d *Daemon) responded(ctx context.Context, e server.Event) {
	d.metrics.request(e)
	tracing.Respond(ctx, e.Status)
}

// observe observes an attempt at a target.
func (d *Daemon) observe(ctx context.Context, a erasure.AttemptReport) {
	d.metrics.attempt(a)
	tracing.Report(ctx, a)
}

// StartWorkers starts working on targets, until [Daemon.StopWorkers].
func (d *Daemon) StartWorkers(ctx context.Context) error {
	return d.queue.Start(ctx, d.tracing.Attempts(d.service))
}

// FollowConnections keeps the queue of a process without workers informed of what the
// processes with workers have, until ctx is done.
func (d *Daemon) FollowConnections(ctx context.Context) {
	ticker := time.NewTicker(d.queue.BeatEvery())
	defer ticker.Stop()
	for {
		states, err := d.store.Connections(ctx)
		switch {
		case err == nil:
			d.queue.Know(states)
		case ctx.Err() == nil:
			d.log.WarnContext(ctx, "the state of the connections is unknown", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// StopWorkers takes up no more work and waits for running jobs. Jobs that still run
// when ctx ends are interrupted and go back to the queue.
func (d *Daemon) StopWorkers(ctx context.Context) error { return d.queue.Stop(ctx) }

// Close closes the queue. It does not close the store.
func (d *Daemon) Close() { d.queue.Close() }
