package demo

import (
	"context"
	"net"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/ops"
)

// pausedConnection is the connection whose key had expired on the simulated day. Somebody has
// paused it since, and has a new key now.
const pausedConnection = "mollie-eu"

// startOperations serves the operations page on a free loopback port, with a day of
// simulated erasures. It returns a link that logs somebody in once.
func (s *service) startOperations(ctx context.Context) (link string, err error) {
	now := time.Now()
	if err := fillDay(ctx, s.store, s.creds.AccountCode, now); err != nil {
		return "", err
	}
	if _, err := s.store.PauseConnection(byDemo(ctx), erasure.PauseRequest{
		Name: pausedConnection, At: now.Add(-4 * time.Hour), Reason: "key expired, new one ordered", ByHand: true,
	}); err != nil {
		return "", err
	}
	if _, err := s.store.AddOperator(ctx, erasure.Operator{Name: "demo", Role: erasure.RoleOperator, CreatedAt: now}); err != nil {
		return "", err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.closers = append(s.closers, s.daemon.ServeOperations(listener))
	code, err := s.store.NewLoginCode(ctx, "demo", now)
	return "http://" + listener.Addr().String() + ops.LoginPath(code), err
}
