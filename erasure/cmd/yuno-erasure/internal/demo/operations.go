package demo

import (
	"context"
	"net"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/daemon"
	"github.com/yuno-community/yuno-customers/erasure/ops"
)

// startOperations serves the operations page on a free loopback port, with a day of
// simulated erasures. It returns a link that logs somebody in once.
func (s *service) startOperations(ctx context.Context, d *daemon.Daemon) error {
	now := time.Now()
	if err := fillDay(ctx, s.store, s.creds.AccountCode, now); err != nil {
		return err
	}
	if _, err := s.store.AddOperator(ctx, erasure.Operator{Name: "demo", Role: erasure.RoleOperator, CreatedAt: now}); err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.closers = append(s.closers, d.ServeOperations(listener))
	s.opsURL = "http://" + listener.Addr().String()
	return nil
}

// loginLink returns a link that logs somebody in to the operations page, once.
func (s *service) loginLink(ctx context.Context) (string, error) {
	code, err := s.store.NewLoginCode(ctx, "demo", time.Now())
	return s.opsURL + ops.LoginPath(code), err
}
