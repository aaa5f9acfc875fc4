package daemon

import (
	"net"
	"net/netip"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// ServeOperations serves what serve has on --ops-listen, for a process with workers, until
// stop is called.
func (d *Daemon) ServeOperations(listener net.Listener) (stop func()) {
	return d.serveOperations(listener, true)
}

// newPage returns the operations page. It is off until there is an operator.
func (d *Daemon) newPage(connections []*provider.Connection, heartbeatTimeout time.Duration, proxies []netip.Prefix) *ops.Page {
	cfg := ops.Config{
		Store: d.store, Enqueue: d.queue.Again, Unworked: d.unworked, HeartbeatTimeout: heartbeatTimeout, Proxies: proxies, Logger: d.log,
	}
	for _, c := range connections {
		cfg.Connections = append(cfg.Connections, ops.Connection{
			Name: c.Name(), Title: c.Title(), Mode: c.Mode(), Account: c.Account(),
			PerSecond: c.Limits().PerSecond, Concurrency: c.Limits().Concurrency, Check: c.Check,
		})
	}
	return ops.New(cfg)
}
