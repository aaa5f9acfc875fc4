package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/admin"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/daemon"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type customer struct{ id, email string }

// demoCustomers have addresses in a domain that is reserved for examples (RFC 2606).
var demoCustomers = []customer{
	{"faad7cc5-7a31-4b4a-92fd-98a3d8aa3d3f", "customer.one@example.com"},
	{"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "customer.two@example.com"},
	{"5a1e7d52-6f43-45c0-b7a4-1d2f9a6f8e02", "customer.three@example.com"},
}

// service is the erasure service in a temporary folder, with an account, customers
// and simulated providers.
type service struct {
	folder, database string
	baseURL          string
	creds            client.Credentials
	logFile          string
	log              *slog.Logger
	store            *sqlstore.Store
	daemon           *daemon.Daemon
	files            []*os.File // of the database, that were read
	closers          []func()
}

// startService starts the service on a loopback port. The caller closes it.
func startService(ctx context.Context, port int) (_ *service, err error) {
	s := &service{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.folder, err = os.MkdirTemp("", "yuno-erasure-demo-"); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { _ = os.RemoveAll(s.folder) })
	s.database = filepath.Join(s.folder, "yuno-erasure.db")

	if err := s.openLog(); err != nil {
		return nil, err
	}
	connections, err := s.startProviders()
	if err != nil {
		return nil, err
	}
	if s.store, err = (database.Flags{Database: "file:" + s.database}).OpenCurrent(ctx, io.Discard); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.closeFiles, func() { _ = s.store.Close() })
	if err := s.fill(ctx); err != nil {
		return nil, err
	}
	d, err := s.startDaemon(ctx, connections)
	if err != nil {
		return nil, err
	}
	baseURL, stop, err := serveLoopback(ctx, port, d.Handler)
	if err != nil {
		return nil, err
	}
	s.baseURL = baseURL
	s.closers = append(s.closers, stop)
	s.daemon = d
	return s, nil
}

// openLog keeps the log of the service in its folder: the operations page refers to it.
func (s *service) openLog() error {
	s.logFile = filepath.Join(s.folder, "yuno-erasure.log")
	file, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() { _ = file.Close() })
	s.log = slog.New(slog.NewTextHandler(file, nil))
	return nil
}

// read reads a file of the database, which stays open until the database is closed: a
// process that closes such a file loses SQLite's locks on it. Another process, such as
// erasures list, would then take the database for its own and remove the log that this one
// writes to.
func (s *service) read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s.files = append(s.files, file)
	return io.ReadAll(file)
}

// closeFiles closes the files that were read.
func (s *service) closeFiles() {
	for _, file := range s.files {
		_ = file.Close()
	}
}

// close undoes what was started, last first.
func (s *service) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// startDaemon starts the service's workers.
func (s *service) startDaemon(ctx context.Context, connections []*provider.Connection) (*daemon.Daemon, error) {
	d, err := daemon.New(ctx, s.store, connections, daemon.Config{
		MinBackoff: 500 * time.Millisecond, Logger: s.log,
	})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, d.Close)
	if err := d.StartWorkers(ctx); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() {
		stopCtx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = d.StopWorkers(stopCtx)
	})
	return d, nil
}

// startProviders starts simulated providers, one of which only the simulated day has. It
// configures them, and a provider without an API, in a file as an operator would.
func (s *service) startProviders() ([]*provider.Connection, error) {
	var b strings.Builder
	b.WriteString("connections:\n")
	for _, name := range []string{"stripe", "mollie", pausedConnection} {
		use, _, _ := strings.Cut(name, "-")
		shape, ok := providersim.ShapeOf(use)
		if !ok {
			return nil, fmt.Errorf("there is no simulated %s", use)
		}
		sim, err := providersim.Start(shape)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, func() { _ = sim.Close() })
		if name == "stripe" {
			sim.Script(providersim.Unavailable(0), providersim.ResetAfter())
		}
		fmt.Fprintf(&b, "  - name: %s\n    use: %s\n    parameters:\n      api_key: {env: DEMO_KEY}\n", name, use)
		for parameter, value := range sim.Parameters() {
			fmt.Fprintf(&b, "      %s: %q\n", parameter, value)
		}
	}
	b.WriteString("  - name: old-gateway\n    use: manual\n")
	file := filepath.Join(s.folder, "providers.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	return provider.Load(file, func(string) string { return "demo" })
}

// fill creates the account and imports the customers.
func (s *service) fill(ctx context.Context) error {
	keys := admin.NewAccountKeys(uuid.NewString(), "sandbox_")
	s.creds = keys.Credentials()
	if err := s.store.CreateAccount(ctx, keys.Account(time.Now())); err != nil {
		return err
	}
	var customers []erasure.Customer
	for i, c := range demoCustomers {
		customer, err := erasure.ParseCustomer(fmt.Appendf(nil,
			`{"id": %q, "email": %q, "providers": [{"provider": "stripe", "customer": "cus_%d"}, {"provider": "mollie", "customer": "cst_%d"}, {"provider": "old-gateway", "customer": "%d"}]}`,
			c.id, c.email, i, i, i))
		if err != nil {
			return err
		}
		customers = append(customers, customer)
	}
	return s.store.Import(ctx, keys.AccountCode, customers)
}
