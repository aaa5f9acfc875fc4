package daemon

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/internal/connlimit"
)

// serveOperations serves [Daemon.operations] until stop is called.
func (d *Daemon) serveOperations(listener net.Listener, working bool) (stop func()) {
	srv := newOperationsServer(d.operations(working), d.log)
	limit := limitsFor(openFiles()).operations
	go func() { _ = srv.Serve(boundOperations(srv, listener, limit, d.log)) }()
	d.log.Info("operations", "address", listener.Addr().String())
	if isEverywhere(listener.Addr()) {
		d.log.Warn("the operations are served on all networks of this machine, without keys and TLS: --ops-listen takes one address, or a firewall has to keep others out")
	}
	return func() { _ = srv.Close() }
}

// newOperationsServer returns a server on which nobody keeps a connection busy: a request
// has to arrive soon, has no body worth reading, and gets its response in a minute, which
// is more than a slow scrape takes.
func newOperationsServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second, // with the body
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute, // scrapes come every minute or so
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// boundOperations bounds the connections of a server. Idle ones make room for new ones, and
// requests in progress are not cut off: nobody has keys here. Only scrapes can take long, so
// half of the connections may have one, and others with a scrape make room for new ones:
// /readyz is served beside any number of scrapes.
func boundOperations(srv *http.Server, listener net.Listener, limit int, log *slog.Logger) net.Listener {
	full := rate.Sometimes{First: 1, Interval: time.Minute}
	limiter := connlimit.New(limit, srv.IdleTimeout, func() {
		full.Do(func() {
			log.Warn("the connections for operations are at their limit: idle ones are closed for new ones", "limit", limit)
		})
	})
	next := srv.Handler
	scrapes := make(chan struct{}, limit/2)
	srv.ConnContext = connlimit.Context
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := connlimit.Of(r.Context())
		conn.Begin()
		defer conn.End()
		conn.Trust()
		if strings.HasPrefix(r.URL.Path, ops.LivePrefix) {
			conn.Distrust() // lasts, and the browser begins another one
		}
		if r.URL.Path == metricsPath {
			select {
			case scrapes <- struct{}{}:
				defer func() { <-scrapes }()
			default:
				conn.Distrust()
			}
		}
		next.ServeHTTP(w, r)
	})
	return limiter.Listen(listener)
}

// isEverywhere reports whether an address is that of all networks, such as 0.0.0.0.
func isEverywhere(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsUnspecified()
}
