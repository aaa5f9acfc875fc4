package daemon

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/providers"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/tracing"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/server"
)

// Roles of a process.
const (
	roleAll    = "all"
	roleAPI    = "api"
	roleWorker = "worker"
)

// Command is the serve subcommand.
type Command struct {
	database.Flags       `embed:""`
	providers.ConfigFlag `embed:""`

	DirectDatabase string            `help:"Address of the same PostgreSQL database without a pooler, for LISTEN: needed if --database goes through PgBouncer in transaction mode." placeholder:"DSN" env:"YUNO_ERASURE_DIRECT_DATABASE"`
	Role           string            `help:"api accepts deletes, worker asks the providers, all does both." enum:"api,worker,all" default:"all"`
	Listen         string            `help:"Address of the API." default:"127.0.0.1:8080" env:"YUNO_ERASURE_LISTEN"`
	OpsListen      string            `help:"Address of /healthz, /readyz, /metrics and the operations page; empty for none." default:"127.0.0.1:8081" env:"YUNO_ERASURE_OPS_LISTEN"`
	TLSCert        string            `name:"tls-cert" help:"PEM file with the certificate chain; read again when it changes." placeholder:"FILE" type:"existingfile"`
	TLSKey         string            `name:"tls-key" help:"PEM file with its key." placeholder:"FILE" type:"existingfile"`
	Deadline       time.Duration     `help:"How long an erasure may take before its open targets fail." default:"720h"`
	AttemptTimeout time.Duration     `help:"How long one attempt at a provider may take, including all its calls. The job of a process that died is worked on again after about twice that." default:"40s"`
	KeepReferences time.Duration     `help:"How long the provider's ids of a customer are kept, sealed, after a target has ended well, so that erasures reopen can undo that; 0 destroys them at once." default:"72h"`
	KeepMasterKeys command.Days      `help:"How long an older master key stays in the key file after keys rotate has replaced it. It is then destroyed, and with it everything that backups from before the rotation contain; 0 keeps it until keys drop-older." default:"90d" placeholder:"DURATION"`
	MaxBackoff     time.Duration     `help:"Longest wait between two attempts at a provider." default:"6h"`
	Rate           float64           `help:"Requests per second for each public key; 0 for no limit." default:"0"`
	TrustedProxies []command.Network `help:"Networks or addresses of the proxies in front of both listeners. They are trusted to append their client's address to X-Forwarded-For, which decides whom a flood of wrong keys or failed logins slows down." placeholder:"NETWORK" env:"YUNO_ERASURE_TRUSTED_PROXIES"`
	ErasureLog     string            `help:"File to write what was erased to, within a second, so that yuno-erasure erasures apply can erase it again after a backup was restored; see docs/restore.md." placeholder:"FILE" env:"YUNO_ERASURE_LOG"`
	LogFormat      string            `help:"text or json." enum:"text,json" default:"text"`
	LogLevel       slog.Level        `help:"debug, info, warn or error." default:"info"`
	StopAfter      time.Duration     `help:"How long requests and jobs may take to finish when the server is stopped." default:"60s"`

	HeartbeatTimeout time.Duration `hidden:"" help:"For tests: how long a process that says nothing counts as working on its connections. The same for all processes on a database." default:"1m"`
}

// Help is shown by serve --help.
func (Command) Help() string {
	return `Accepts DELETE /v1/customers/{customer_id} and erases the customer: here, in the same transaction, and at every provider that the customer has used.

With the default SQLite file, one process does everything. With PostgreSQL any number of processes share the work; run migrate first.

The first interrupt stops it gracefully: it accepts no new requests, and running requests and jobs finish. A second one ends it at once; nothing that was accepted is lost.

/metrics is for Prometheus. Traces go to the collector that the standard variables of OpenTelemetry name (OTEL_EXPORTER_OTLP_ENDPOINT); without them there are none.

Examples:

  yuno-erasure serve --providers providers.yaml
  yuno-erasure serve --config /etc/yuno-erasure/serve.yaml
  yuno-erasure serve --database 'postgres://erasure@db.internal/erasure?sslmode=verify-full' --role worker --providers providers.yaml
  yuno-erasure serve --listen :8443 --tls-cert chain.pem --tls-key key.pem --log-format json

A file for --config:

  database: postgres://erasure@db.internal/erasure?sslmode=verify-full
  providers: /etc/yuno-erasure/providers.yaml
  serve:
    listen: 127.0.0.1:8080
    log-format: json`
}

// Validate is called by the parser.
func (c *Command) Validate() error {
	if err := c.Flags.Validate(); err != nil {
		return err
	}
	if err := c.checkDirectDatabase(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return errors.New("--listen wants HOST:PORT, such as 127.0.0.1:8080")
	}
	if _, _, err := net.SplitHostPort(c.OpsListen); err != nil && c.OpsListen != "" {
		return errors.New("--ops-listen wants HOST:PORT, such as 127.0.0.1:8081, or nothing")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	return c.checkNumbers()
}

// checkNumbers returns the first error of the durations and the rate.
func (c *Command) checkNumbers() error {
	const day = 24 * time.Hour
	return cmp.Or(
		command.Within("--deadline", c.Deadline, command.ShortestDeadline, command.LongestDeadline),
		command.Within("--attempt-timeout", c.AttemptTimeout, time.Second, day),
		command.ZeroOrWithin("--keep-references", c.KeepReferences, time.Second, command.LongestDeadline),
		// A shorter time would destroy a key before the other processes could have its successor.
		command.ZeroOrWithin("--keep-master-keys", c.KeepMasterKeys.Duration(), time.Hour, command.LongestDeadline),
		command.Within("--max-backoff", c.MaxBackoff, 100*time.Millisecond, 30*day),
		command.ZeroOrWithin("--rate", c.Rate, command.SlowestRate, command.FastestRate),
		command.Within("--heartbeat-timeout", c.HeartbeatTimeout, erasure.MinHeartbeatTimeout, day),
		command.Within("--stop-after", c.StopAfter, time.Second, day),
	)
}

func (c *Command) checkDirectDatabase() error {
	switch {
	case c.DirectDatabase == "":
		return nil
	case c.File() != "", strings.HasPrefix(c.DirectDatabase, "file:"):
		return errors.New("--direct-database is for PostgreSQL only")
	}
	if err := sqlstore.CheckDSN(c.DirectDatabase); err != nil {
		return fmt.Errorf("--direct-%w", err)
	}
	return nil
}

// Run serves until ctx is done.
func (c *Command) Run(ctx context.Context, stderr command.Stderr) error {
	command.OutliveReaders() // of its log
	log := c.logger(stderr)
	traces, err := tracing.Start(ctx, log)
	if err != nil {
		return err
	}
	defer traces.Stop()
	connections, err := c.Connections(traces.ProviderOptions()...)
	if err != nil {
		return err
	}
	if c.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			return fmt.Errorf("--tls-cert %s, --tls-key %s: %w", c.TLSCert, c.TLSKey, err)
		}
	}
	// Both addresses are bound before anything is started or created, so that a port
	// in use is an error and not half a service.
	api, ops, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer closeListener(api)
	defer closeListener(ops)
	unlock, err := c.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	c.ListenDSN, c.Logger = c.DirectDatabase, log
	store, err := c.OpenCurrent(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	d, err := New(ctx, store, connections, Config{
		Deadline: c.Deadline, AttemptTimeout: c.AttemptTimeout, MaxBackoff: c.MaxBackoff,
		KeepReferences: c.KeepReferences, HeartbeatTimeout: c.HeartbeatTimeout, Rate: c.Rate, Proxies: command.Prefixes(c.TrustedProxies),
		Logger: log, Tracing: traces,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	stopLog, err := c.startLog(ctx, d)
	if err != nil {
		return err
	}
	return errors.Join(c.serve(ctx, d, api, ops), stopLog())
}

// listen binds the API's address, if this role has an API, and that of the operations
// listener, if there is one. A listener that is not wanted is nil.
func (c *Command) listen(ctx context.Context) (api, ops net.Listener, err error) {
	var lc net.ListenConfig
	if c.Role != roleWorker {
		if api, err = lc.Listen(ctx, "tcp", c.Listen); err != nil {
			return nil, nil, fmt.Errorf("--listen: %w", err)
		}
	}
	if c.OpsListen != "" {
		if ops, err = lc.Listen(ctx, "tcp", c.OpsListen); err != nil {
			closeListener(api)
			return nil, nil, fmt.Errorf("--ops-listen: %w", err)
		}
	}
	return api, ops, nil
}

func closeListener(listener net.Listener) {
	if listener != nil {
		_ = listener.Close()
	}
}

// serve runs everything that the role needs until ctx is done, and then stops it.
func (c *Command) serve(ctx context.Context, d *Daemon, api, ops net.Listener) error {
	working := c.Role != roleAPI
	c.warn(d.log, working)
	if ops != nil {
		defer d.serveOperations(ops, working)() // last: it reports how the shutdown proceeds
	}
	stopKeys, err := d.startKeys(ctx, c.Role, c.KeepMasterKeys.Duration())
	if err != nil {
		return err
	}
	defer stopKeys()
	if working {
		if err := d.StartWorkers(ctx); err != nil {
			return err
		}
	} else {
		go d.FollowConnections(ctx)
	}
	var serveErr error
	if api != nil {
		serveErr = c.serveAPI(ctx, d, api)
	} else {
		d.log.Info("working", "database", d.store.Engine())
		<-ctx.Done()
	}
	d.log.Info("stopping")
	if working {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopAfter)
		defer cancel()
		serveErr = errors.Join(serveErr, d.StopWorkers(stopCtx))
	}
	d.log.Info("stopped")
	return serveErr
}

// warn logs which part of the service this configuration leaves undone.
func (c *Command) warn(log *slog.Logger, working bool) {
	if c.Role != roleAll && c.File() != "" {
		log.Warn("an SQLite file is for one process: no other process does what this role leaves out", "role", c.Role)
	}
	if working && c.Providers == "" {
		log.Warn("no providers are configured (--providers): every target will need manual action")
	}
}

// serveAPI serves the API until ctx is done and its requests have finished.
func (c *Command) serveAPI(ctx context.Context, d *Daemon, api net.Listener) error {
	files := openFiles()
	limits := limitsFor(files)
	limits.warn(d.log, files)
	opts := []server.ServeOption{
		server.WithServeLogger(d.log), server.WithShutdownTimeout(c.StopAfter), server.WithMaxConnections(limits.api),
	}
	if c.TLSCert != "" {
		opts = append(opts, server.WithTLSFiles(c.TLSCert, c.TLSKey))
	} else if !isLoopback(api.Addr()) {
		d.log.Warn("serving without TLS beyond this machine: keys are sent in clear text unless a proxy in front uses TLS")
	}
	d.log.Info("serving", "address", api.Addr().String(), "database", d.store.Engine(), "role", c.Role)
	return server.Serve(ctx, api, d.Handler, opts...)
}

func (c *Command) logger(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(contextHandler{slog.NewJSONHandler(w, opts)})
	}
	return slog.New(contextHandler{slog.NewTextHandler(w, opts)})
}

func isLoopback(a net.Addr) bool {
	host, _, err := net.SplitHostPort(a.String())
	return err == nil && wire.IsLoopback(host)
}
