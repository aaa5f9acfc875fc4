package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/server"
)

// demoCustomers are the demo's customers. Nobody has these addresses: the domain
// is reserved for examples (RFC 2606).
var demoCustomers = []struct{ id, email string }{
	{"faad7cc5-7a31-4b4a-92fd-98a3d8aa3d3f", "customer.one@example.com"},
	{"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "customer.two@example.com"},
	{"5a1e7d52-6f43-45c0-b7a4-1d2f9a6f8e02", "customer.three@example.com"},
}

// demoWorld is the service in a temporary folder, with all that it needs.
type demoWorld struct {
	dir, database string
	baseURL       string
	creds         client.Credentials
	daemon        *daemon
	closers       []func()
}

func newDemoWorld(ctx context.Context, port int) (_ *demoWorld, err error) {
	w := &demoWorld{}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "yuno-erasure-demo-"); err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() { _ = os.RemoveAll(w.dir) })
	w.database = filepath.Join(w.dir, "yuno-erasure.db")

	connections, err := w.startProviders()
	if err != nil {
		return nil, err
	}
	store, err := databaseFlags{Database: "file:" + w.database}.openCurrent(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() { _ = store.Close() })
	w.daemon, err = newDaemon(ctx, store, connections, daemonConfig{
		MinBackoff: 500 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, w.daemon.close)
	if err := w.fill(ctx); err != nil {
		return nil, err
	}
	if err := w.daemon.queue.Start(ctx, w.daemon.service); err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() {
		stopCtx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = w.daemon.queue.Stop(stopCtx)
	})
	baseURL, stop, err := serveLoopback(ctx, port, w.daemon.handler)
	if err != nil {
		return nil, err
	}
	w.baseURL = baseURL
	w.closers = append(w.closers, stop)
	return w, nil
}

// close undoes what was started, last first.
func (w *demoWorld) close() {
	for i := len(w.closers) - 1; i >= 0; i-- {
		w.closers[i]()
	}
}

// startProviders starts two simulated providers and configures them and a third
// without an API, the way an operator would: in a file.
func (w *demoWorld) startProviders() ([]*provider.Connection, error) {
	var b strings.Builder
	b.WriteString("connections:\n")
	for _, name := range []string{"stripe", "mollie"} {
		shape, ok := providersim.ShapeOf(name)
		if !ok {
			return nil, fmt.Errorf("there is no simulated %s", name)
		}
		sim, err := providersim.Start(shape)
		if err != nil {
			return nil, err
		}
		w.closers = append(w.closers, func() { _ = sim.Close() })
		if name == "stripe" {
			sim.Script(providersim.Unavailable(0), providersim.ResetAfter())
		}
		fmt.Fprintf(&b, "  - name: %s\n    use: %s\n    parameters:\n      api_key: {env: DEMO_KEY}\n", name, name)
		for parameter, value := range sim.Parameters() {
			fmt.Fprintf(&b, "      %s: %q\n", parameter, value)
		}
	}
	b.WriteString("  - name: old-gateway\n    use: manual\n")
	file := filepath.Join(w.dir, "providers.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	return provider.Load(file, func(string) string { return "demo" })
}

// fill creates the account and imports the customers.
func (w *demoWorld) fill(ctx context.Context) error {
	keys := newAccountKeys(uuid.NewString(), "sandbox_")
	w.creds = keys.credentials()
	err := w.daemon.store.CreateAccount(ctx, erasure.Account{
		Code: keys.AccountCode, PublicKey: keys.PublicAPIKey,
		SecretHash: sha256.Sum256([]byte(keys.PrivateSecretKey)), CreatedAt: time.Now(),
	})
	if err != nil {
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
	return w.daemon.store.Import(ctx, keys.AccountCode, customers)
}

// serveLoopback serves the handler on a loopback port until stop is called.
func serveLoopback(ctx context.Context, port int, handler http.Handler) (baseURL string, stop func(), err error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", nil, fmt.Errorf("serving on loopback: %w (--port 0 picks a free port)", err)
	}
	serveCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(serveCtx, listener, handler) }) // ends when stop cancels it
	return "http://" + listener.Addr().String() + "/v1", func() {
		cancel()
		serving.Wait()
	}, nil
}
