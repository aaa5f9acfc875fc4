package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

type serveCommand struct {
	databaseFlags `embed:""`
	providerFlags `embed:""`

	Role           string        `help:"api accepts deletes, worker asks the providers, all does both." enum:"api,worker,all" default:"all"`
	Listen         string        `help:"Address of the API." default:"127.0.0.1:8080" env:"YUNO_ERASURE_LISTEN"`
	OpsListen      string        `help:"Address of /healthz, /readyz and /metrics; empty for none." default:"127.0.0.1:8081" env:"YUNO_ERASURE_OPS_LISTEN"`
	TLSCert        string        `name:"tls-cert" help:"PEM file with the certificate chain; read again when it changes." placeholder:"FILE" type:"existingfile"`
	TLSKey         string        `name:"tls-key" help:"PEM file with its key." placeholder:"FILE" type:"existingfile"`
	Deadline       time.Duration `help:"How long an erasure may take before its open targets fail." default:"720h"`
	AttemptTimeout time.Duration `help:"How long one attempt at a provider may take, all its calls included. A job of a process that died is worked on again after about twice that." default:"40s"`
	MaxBackoff     time.Duration `help:"Longest wait between two attempts at a provider." default:"6h"`
	Rate           float64       `help:"Requests a second for each public key; 0 for no limit." default:"0"`
	LogFormat      string        `help:"text or json." enum:"text,json" default:"text"`
	LogLevel       slog.Level    `help:"debug, info, warn or error." default:"info"`
	StopAfter      time.Duration `help:"How long requests and jobs may take to finish when the server is stopped." default:"60s"`
}

// Help is shown by serve --help.
func (serveCommand) Help() string {
	return `Accepts DELETE /v1/customers/{customer_id} and erases: here in the same transaction, and at every provider that the customer has used.

With the default SQLite file, one process does everything. With PostgreSQL any number of processes share the work; run migrate first.

The first interrupt stops it gracefully: no new requests, running ones and jobs finish. A second one ends it at once; nothing accepted is lost by that.

Examples:

  yuno-erasure serve --providers providers.yaml
  yuno-erasure serve --config /etc/yuno-erasure/serve.yaml
  yuno-erasure serve --database postgres://erasure@db.internal/erasure --role worker --providers providers.yaml
  yuno-erasure serve --listen :8443 --tls-cert chain.pem --tls-key key.pem --log-format json

A file for --config:

  database: postgres://erasure@db.internal/erasure
  providers: /etc/yuno-erasure/providers.yaml
  serve:
    listen: 127.0.0.1:8080
    log-format: json`
}

// Validate is called by the parser.
func (c *serveCommand) Validate() error {
	if err := c.databaseFlags.Validate(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return errors.New("--listen wants HOST:PORT, such as 127.0.0.1:8080")
	}
	if _, _, err := net.SplitHostPort(c.OpsListen); err != nil && c.OpsListen != "" {
		return errors.New("--ops-listen wants HOST:PORT, such as 127.0.0.1:8081, or nothing")
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together")
	case c.Deadline <= 0:
		return errors.New("--deadline wants a positive duration")
	case c.AttemptTimeout <= 0:
		return errors.New("--attempt-timeout wants a positive duration")
	case c.MaxBackoff <= 0:
		return errors.New("--max-backoff wants a positive duration")
	case c.Rate < 0:
		return errors.New("--rate wants 0 or more")
	case c.StopAfter <= 0:
		return errors.New("--stop-after wants a positive duration")
	}
	return nil
}

// Run serves until ctx is done.
func (c *serveCommand) Run(ctx context.Context, stderr errorWriter) error {
	connections, err := c.load()
	if err != nil {
		return err
	}
	if c.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			return fmt.Errorf("--tls-cert %s, --tls-key %s: %w", c.TLSCert, c.TLSKey, err)
		}
	}
	// Both addresses are taken before anything starts or is created, so that a port
	// in use is an error and not half a service.
	var lc net.ListenConfig
	var api, ops net.Listener
	if c.Role != "worker" {
		if api, err = lc.Listen(ctx, "tcp", c.Listen); err != nil {
			return fmt.Errorf("--listen: %w", err)
		}
		defer api.Close()
	}
	if c.OpsListen != "" {
		if ops, err = lc.Listen(ctx, "tcp", c.OpsListen); err != nil {
			return fmt.Errorf("--ops-listen: %w", err)
		}
		defer ops.Close()
	}
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	store, err := c.openCurrent(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	d, err := newDaemon(ctx, store, connections, daemonConfig{
		Deadline: c.Deadline, AttemptTimeout: c.AttemptTimeout, MaxBackoff: c.MaxBackoff, Rate: c.Rate, Logger: c.logger(stderr),
	})
	if err != nil {
		return err
	}
	defer d.close()
	return c.serve(ctx, d, api, ops)
}

func (c *serveCommand) serve(ctx context.Context, d *daemon, api, ops net.Listener) error {
	working := c.Role != "api"
	if c.Role != "all" && c.file() != "" {
		d.log.Warn("an SQLite file is for one process: what this role does not do, nobody does", "role", c.Role)
	}
	if ops != nil {
		srv := &http.Server{Handler: d.operations(working), ReadHeaderTimeout: 5 * time.Second}
		go func() { _ = srv.Serve(ops) }()
		defer srv.Close() // last: it tells how the shutdown goes
		d.log.Info("operations", "address", ops.Addr().String())
	}
	go d.followKeyFile(ctx)
	if working && c.Providers == "" {
		d.log.Warn("no providers are configured (--providers): every target will need a person")
	}
	if working {
		if err := d.queue.Start(ctx, d.service); err != nil {
			return err
		}
	}
	var serveErr error
	if api != nil {
		opts := []server.ServeOption{server.WithServeLogger(d.log), server.WithShutdownTimeout(c.StopAfter)}
		if c.TLSCert != "" {
			opts = append(opts, server.WithTLSFiles(c.TLSCert, c.TLSKey))
		} else if !isLoopback(api.Addr()) {
			d.log.Warn("serving without TLS beyond this machine: keys travel in the clear unless a proxy in front speaks TLS")
		}
		d.log.Info("serving", "address", api.Addr().String(), "database", d.store.Engine(), "role", c.Role)
		serveErr = server.Serve(ctx, api, d.handler, opts...)
	} else {
		d.log.Info("working", "database", d.store.Engine())
		<-ctx.Done()
	}
	d.log.Info("stopping")
	if working {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopAfter)
		defer cancel()
		serveErr = errors.Join(serveErr, d.queue.Stop(stopCtx))
	}
	d.log.Info("stopped")
	return serveErr
}

func (c *serveCommand) logger(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// daemon is the whole service over a store, ready to be served.
type daemon struct {
	store   *sqlstore.Store
	queue   *jobs.Queue
	service *erasure.Service
	handler http.Handler
	metrics *metrics
	log     *slog.Logger
}

type daemonConfig struct {
	// Of the service; 0 for its defaults.
	Deadline, AttemptTimeout, MinBackoff, MaxBackoff time.Duration

	Rate   float64 // 0: no limit
	Logger *slog.Logger
}

// newDaemon ties the parts together. The caller closes it, after the queue was
// stopped, and then the store.
func newDaemon(ctx context.Context, store *sqlstore.Store, connections []*provider.Connection, cfg daemonConfig) (*daemon, error) {
	d := &daemon{store: store, metrics: newMetrics(store, cfg.Logger), log: cfg.Logger}
	providers, workers := make([]erasure.Provider, len(connections)), map[string]int{}
	for i, p := range connections {
		providers[i], workers[p.Name()] = p, p.Limits().Concurrency
	}
	var err error
	if d.queue, err = jobs.Open(ctx, store, jobs.Config{Workers: workers, Logger: cfg.Logger, AttemptTimeout: cfg.AttemptTimeout}); err != nil {
		return nil, err
	}
	d.service, err = erasure.NewService(store, d.queue.Enqueue, providers, erasure.Config{
		Deadline: cfg.Deadline, AttemptTimeout: cfg.AttemptTimeout, MinBackoff: cfg.MinBackoff, MaxBackoff: cfg.MaxBackoff,
		Logger: cfg.Logger, Observe: d.metrics.outcome,
	})
	if err == nil {
		opts := []server.Option{server.WithLogger(cfg.Logger), server.WithObserver(d.metrics.request)}
		if cfg.Rate > 0 {
			opts = append(opts, server.WithLimiter(newKeyLimiter(cfg.Rate).wait))
		}
		d.handler, err = server.New(d.service, erasure.Authenticator{Accounts: store}, opts...)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *daemon) close() { d.queue.Close() }

// keyFileEvery is how often the key file is looked at. After a rotation all of the
// service wraps under the new key when so much time has passed.
const keyFileEvery = 10 * time.Second

// followKeyFile takes up rotations of the master key until ctx ends.
func (d *daemon) followKeyFile(ctx context.Context) {
	tick := time.NewTicker(keyFileEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch changed, err := d.store.ReloadKeys(); {
		case err != nil:
			d.log.Warn("the master key file was not taken up", "err", err)
		case changed:
			d.log.Info("took up the master key file")
		}
	}
}
