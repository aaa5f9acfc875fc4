package daemon

import (
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serveOperations serves [Daemon.operations] until stop is called.
func (d *Daemon) serveOperations(listener net.Listener, working bool) (stop func()) {
	srv := newOperationsServer(d.operations(working), d.log)
	go func() { _ = srv.Serve(listener) }()
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

// isEverywhere reports whether an address is that of all networks, such as 0.0.0.0.
func isEverywhere(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsUnspecified()
}
