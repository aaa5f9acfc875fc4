package crashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfolder"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// system is what a test runs on: a database, its master key, an account, simulated
// providers, and the services that were started so far.
type system struct {
	t             testing.TB
	folder        string
	database      string
	keyFile       string
	providersFile string
	secrets       map[string]string // environment variables with the providers' keys
	timeout       string            // of a call to a provider
	sims          map[string]*providersim.Sim
	keys          client.Credentials
	services      []*service
	current       atomic.Pointer[service] // where clients connect to
	events        atomic.Int64            // finished deletes and requests to misbehaving providers
	faults        atomic.Int64            // failures of misbehaving providers
	printed       printed
}

// databases returns the address of an empty database, by engine.
var databases = map[string]func(t testing.TB) string{
	"SQLite":     func(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "erasure.db") },
	"PostgreSQL": pgtest.Database,
}

// onEach runs a test on each engine.
func onEach(t *testing.T, test func(t *testing.T, database string)) {
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDatabase(t))
		})
	}
}

// newSystem prepares a system with one account in an empty database.
func newSystem(t testing.TB, database string) *system {
	t.Helper()
	s := &system{
		t: t, folder: ownfolder.New(t), database: database, timeout: "1s",
		secrets: map[string]string{}, sims: map[string]*providersim.Sim{},
	}
	s.keyFile = filepath.Join(s.folder, "master.key")
	s.writeFile(s.keyFile, []byte("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"))
	s.providersFile = filepath.Join(s.folder, "providers.yaml")
	s.mustRun("migrate")
	var printed struct {
		AccountCode      string `json:"account_code"`
		PublicAPIKey     string `json:"public_api_key"`
		PrivateSecretKey string `json:"private_secret_key"`
	}
	if err := json.Unmarshal([]byte(s.mustRun("accounts", "create", "--json")), &printed); err != nil {
		t.Fatal(err)
	}
	s.keys = client.Credentials{
		AccountCode: printed.AccountCode, PublicAPIKey: printed.PublicAPIKey, PrivateSecretKey: printed.PrivateSecretKey,
	}
	return s
}

// writeFile replaces a file, so that a process reads the old content or the new.
func (s *system) writeFile(path string, content []byte) {
	s.t.Helper()
	if err := errors.Join(os.WriteFile(path+".new", content, 0o600), os.Rename(path+".new", path)); err != nil {
		s.t.Fatal(err)
	}
}

// environment returns the environment of the processes.
func (s *system) environment() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "TMPDIR=" + s.folder,
		"YUNO_ERASURE_DATABASE=" + s.database, "YUNO_ERASURE_MASTER_KEY_FILE=" + s.keyFile,
	}
	for name, secret := range s.secrets {
		env = append(env, name+"="+secret)
	}
	return env
}

// parameters are those of the catalogue's entries besides the base URL. Names in
// capitals are environment variables that contain a secret.
var parameters = map[string]string{
	"mollie":  `api_key: {env: MOLLIE_KEY}`,
	"conekta": `private_key: {env: CONEKTA_KEY}`,
	"openpay": `merchant_id: merchant, private_key: {env: OPENPAY_KEY}`,
	"stripe":  `api_key: {env: STRIPE_KEY}`,
}

// secretNames are the environment variables of parameters.
var secretNames = []string{"CONEKTA_KEY", "MOLLIE_KEY", "OPENPAY_KEY", "STRIPE_KEY"}

// providerNames are the keys of parameters. Each provider confirms a repeated delete
// as gone, and each attempt is one request.
var providerNames = []string{"conekta", "mollie", "openpay", "stripe"}

// simulate starts a simulator for each of the providers and configures them.
func (s *system) simulate() {
	s.t.Helper()
	for _, name := range providerNames {
		shape, ok := providersim.ShapeOf(name)
		if !ok {
			s.t.Fatalf("no shape %s", name)
		}
		sim, err := providersim.Start(shape)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = sim.Close() })
		s.sims[name] = sim
	}
	s.configure(s.urls())
}

// urls are those of the simulators.
func (s *system) urls() map[string]string {
	urls := map[string]string{}
	for name, sim := range s.sims {
		urls[name] = sim.URL()
	}
	return urls
}

// configure writes the configuration of the providers at these URLs.
func (s *system) configure(urls map[string]string) {
	s.t.Helper()
	for _, name := range secretNames {
		s.secrets[name] = "psk7q_" + name
	}
	s.writeFile(s.providersFile, s.connections(providerNames, urls, limits{10_000, 16}))
}

// limits are those of every connection.
type limits struct{ perSecond, concurrency int }

// connections returns the configuration of some providers at these URLs.
func (s *system) connections(names []string, urls map[string]string, most limits) []byte {
	var yaml bytes.Buffer
	fmt.Fprintln(&yaml, "connections:")
	for _, name := range names {
		fmt.Fprintf(&yaml, "  - {name: %s, use: %s, parameters: {base_url: %q, %s}, limits: {per_second: %d, concurrency: %d}, timeout: %s}\n",
			name, name, urls[name], parameters[name], most.perSecond, most.concurrency, s.timeout)
	}
	return yaml.Bytes()
}

// importCustomers imports one customer per record.
func (s *system) importCustomers(records ...map[string]any) {
	s.t.Helper()
	path := filepath.Join(s.folder, "customers.jsonl")
	s.writeFile(path, jsonLines(s.t, records))
	s.mustRun("customers", "import", "--account="+s.keys.AccountCode, path)
	if err := os.Remove(path); err != nil {
		s.t.Fatal(err)
	}
}

func jsonLines(t testing.TB, records []map[string]any) []byte {
	t.Helper()
	var file bytes.Buffer
	enc := json.NewEncoder(&file)
	for _, record := range records {
		if err := enc.Encode(record); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// client returns a client of the current service.
func (s *system) client(opts ...client.Option) *client.Client {
	s.t.Helper()
	transport := &http.Transport{
		MaxIdleConnsPerHost: 16,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			address, err := s.current.Load().address(ctx, apiAddress)
			if err != nil { // like a refused connection: nothing was sent
				return nil, &net.OpError{Op: "dial", Net: network, Err: err}
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	opts = append([]client.Option{
		client.WithBaseURL("http://127.0.0.1/v1"), client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithRetry(2, 100*time.Millisecond), client.WithAttemptTimeout(await.Patience),
	}, opts...)
	c, err := client.New(s.keys, opts...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.CloseIdleConnections)
	return c
}

// open opens the database in this process, while services run.
func (s *system) open() *sqlstore.Store {
	s.t.Helper()
	ring, _, err := seal.Load(func(name string) string {
		if name == seal.EnvKeyFile {
			return s.keyFile
		}
		return ""
	}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	store, err := sqlstore.Open(s.t.Context(), s.database, ring, sqlstore.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = store.Close() })
	return store
}

// erasures returns all erasures, by customer, with targets and evidence.
func (s *system) erasures(store *sqlstore.Store) map[string][]erasure.Erasure {
	s.t.Helper()
	all := map[string][]erasure.Erasure{}
	for before := ""; ; {
		page, err := store.ListErasures(s.t.Context(), erasure.ErasureFilter{Before: before, Limit: 500})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		for _, e := range page {
			whole, err := store.GetErasure(s.t.Context(), e.ID)
			if err != nil {
				s.t.Fatal(err)
			}
			all[e.CustomerID] = append(all[e.CustomerID], whole)
			before = e.ID
		}
	}
}

// wait lets time pass where the test is about time.
func (s *system) wait(d time.Duration) {
	select {
	case <-s.t.Context().Done():
	case <-time.After(d):
	}
}
