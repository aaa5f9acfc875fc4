package clitest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/admin"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// Shell runs subcommands on one SQLite database, in this process.
type Shell struct {
	// Path is the database file.
	Path string

	t *testing.T
}

// NewShell returns a shell for a database that does not exist yet, in a new folder.
func NewShell(t *testing.T) *Shell {
	t.Helper()
	return ShellOn(t, filepath.Join(t.TempDir(), "test.db"))
}

// ShellOn returns a shell for a database file.
func ShellOn(t *testing.T, path string) *Shell { return &Shell{path, t} }

// Database is the value of --database.
func (s *Shell) Database() string { return "file:" + s.Path }

// KeyFile is the file with the database's master key.
func (s *Shell) KeyFile() string { return s.Path + ".key" }

// Run runs a subcommand that has --database. One that should have been rejected might
// serve, so it is interrupted in the end.
func (s *Shell) Run(args ...string) (status int, stdout, stderr string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), await.Patience)
	defer cancel()
	return Run(ctx, append(args, "--database", s.Database())...)
}

// OK runs a subcommand that has to succeed, and returns what it printed.
func (s *Shell) OK(args ...string) (stdout string) {
	s.t.Helper()
	status, stdout, stderr := s.Run(args...)
	if status != command.ExitOK {
		s.t.Fatalf("%v: exit status %d\n%s%s", args, status, stdout, stderr)
	}
	return stdout
}

// Fails runs a subcommand that has to fail with this status and message.
func (s *Shell) Fails(status int, want string, args ...string) {
	s.t.Helper()
	got, stdout, stderr := s.Run(args...)
	if got != status || !strings.Contains(stderr, want) {
		s.t.Errorf("%v: exit status %d, want %d and %q\n%s%s", args, got, status, want, stdout, stderr)
	}
}

// Account creates an account.
func (s *Shell) Account() client.Credentials {
	s.t.Helper()
	var keys admin.AccountKeys
	s.decode(&keys, "accounts", "create", "--prefix", "sandbox_", "--json")
	return keys.Credentials()
}

// Import imports customers, one JSON object per line.
func (s *Shell) Import(account string, lines ...string) (stdout string) {
	s.t.Helper()
	return s.OK("customers", "import", "--account", account, WriteFile(s.t, "customers.jsonl", strings.Join(lines, "\n")))
}

// Erasures lists erasures, without targets.
func (s *Shell) Erasures(flags ...string) (list []erasure.Erasure) {
	s.t.Helper()
	s.decode(&list, append([]string{"erasures", "list", "--json"}, flags...)...)
	return list
}

// Erasure returns an erasure with its targets.
func (s *Shell) Erasure(id string) (e erasure.Erasure) {
	s.t.Helper()
	s.decode(&e, "erasures", "show", "--json", id)
	return e
}

func (s *Shell) decode(value any, args ...string) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.OK(args...)), value); err != nil {
		s.t.Fatal(err)
	}
}

// Serve runs serve until stop is called or the test ends. It returns the addresses
// that it logged; stop returns the exit status.
func (s *Shell) Serve(flags ...string) (baseURL, opsURL string, stop func() int) {
	s.t.Helper()
	args := append([]string{"serve", "--database", s.Database(), "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"}, flags...)
	ctx, cancel := context.WithCancel(s.t.Context())
	log, logWriter := io.Pipe()
	done := make(chan int, 1)
	go func() {
		status := cli.Run(ctx, args, strings.NewReader(""), io.Discard, logWriter)
		_ = logWriter.Close()
		done <- status
	}()
	var logged strings.Builder
	lines := bufio.NewScanner(log)
	for (baseURL == "" || opsURL == "") && lines.Scan() {
		logged.WriteString(lines.Text() + "\n")
		if _, rest, ok := strings.Cut(lines.Text(), "msg=serving address="); ok {
			baseURL = "http://" + strings.Fields(rest)[0] + "/v1"
		}
		if _, rest, ok := strings.Cut(lines.Text(), "msg=operations address="); ok {
			opsURL = "http://" + strings.Fields(rest)[0]
		}
	}
	if baseURL == "" || opsURL == "" {
		cancel()
		s.t.Fatalf("serve ended with status %d:\n%s", <-done, logged.String())
	}
	var draining sync.WaitGroup
	draining.Go(func() { _, _ = io.Copy(io.Discard, log) })
	stop = sync.OnceValue(func() int {
		cancel()
		status := <-done
		draining.Wait()
		return status
	})
	s.t.Cleanup(func() { stop() })
	return baseURL, opsURL, stop
}

// NewClient returns a client of a service. It does not retry.
func NewClient(t *testing.T, creds client.Credentials, baseURL string) *client.Client {
	t.Helper()
	c, err := client.New(creds, client.WithBaseURL(baseURL), client.WithRetry(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// ProvidersFile configures a simulated stripe, and old-gateway, a provider without an
// API.
func ProvidersFile(t *testing.T) (file string, stripe *providersim.Sim) {
	t.Helper()
	shape, _ := providersim.ShapeOf("stripe")
	sim, err := providersim.Start(shape)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	text := "connections:\n  - name: stripe\n    use: stripe\n    parameters:\n      api_key: {file: key}\n"
	for name, value := range sim.Parameters() {
		text += fmt.Sprintf("      %s: %q\n", name, value)
	}
	text += "  - name: old-gateway\n    use: manual\n"
	file = WriteFile(t, "providers.yaml", text)
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "key"), []byte("sk_secret_of_stripe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, sim
}
