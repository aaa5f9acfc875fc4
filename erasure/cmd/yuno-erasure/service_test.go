package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// shell runs subcommands on one SQLite database.
type shell struct {
	*testing.T
	database string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	return &shell{t, "file:" + filepath.Join(t.TempDir(), "test.db")}
}

// run runs a subcommand that has --database.
func (s *shell) run(args ...string) (code int, stdout, stderr string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute) // what was to be refused might serve
	defer cancel()
	return runCommand(ctx, append(args, "--database", s.database)...)
}

// ok runs a subcommand that has to succeed.
func (s *shell) ok(args ...string) string {
	s.Helper()
	code, stdout, stderr := s.run(args...)
	if code != exitOK {
		s.Fatalf("%v: exit %d\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

// fails runs a subcommand that has to fail with one line that says why.
func (s *shell) fails(code int, want string, args ...string) {
	s.Helper()
	got, stdout, stderr := s.run(args...)
	if got != code || !strings.Contains(stderr, want) {
		s.Errorf("%v: exit %d, want %d and %q\n%s%s", args, got, code, want, stdout, stderr)
	}
}

func (s *shell) account() client.Credentials {
	s.Helper()
	var keys accountKeys
	if err := json.Unmarshal([]byte(s.ok("accounts", "create", "--prefix", "sandbox_", "--json")), &keys); err != nil {
		s.Fatal(err)
	}
	return keys.credentials()
}

func (s *shell) importLines(account string, lines ...string) string {
	s.Helper()
	file := filepath.Join(s.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		s.Fatal(err)
	}
	return s.ok("customers", "import", "--account", account, file)
}

func (s *shell) erasures(args ...string) []erasure.Erasure {
	s.Helper()
	var list []erasure.Erasure
	if err := json.Unmarshal([]byte(s.ok(append([]string{"erasures", "list", "--json"}, args...)...)), &list); err != nil {
		s.Fatal(err)
	}
	return list
}

func (s *shell) erasure(id string) erasure.Erasure {
	s.Helper()
	var e erasure.Erasure
	if err := json.Unmarshal([]byte(s.ok("erasures", "show", "--json", id)), &e); err != nil {
		s.Fatal(err)
	}
	return e
}

// serve runs serve until stop is called; it returns the addresses that it logged.
func (s *shell) serve(args ...string) (baseURL, opsURL string, stop func() int) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{"serve", "--database", s.database, "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"}, args...),
			strings.NewReader(""), io.Discard, in)
		in.Close()
		done <- code
	}()
	lines := bufio.NewScanner(out)
	for (baseURL == "" || opsURL == "") && lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "msg=serving address="); ok {
			baseURL = "http://" + strings.Fields(rest)[0] + "/v1"
		}
		if _, rest, ok := strings.Cut(lines.Text(), "msg=operations address="); ok {
			opsURL = "http://" + strings.Fields(rest)[0]
		}
	}
	var rest sync.WaitGroup
	rest.Go(func() { _, _ = io.Copy(io.Discard, out) })
	var once sync.Once
	var code int
	stop = func() int {
		once.Do(func() { cancel(); code = <-done; rest.Wait() })
		return code
	}
	s.Cleanup(func() { stop() })
	return baseURL, opsURL, stop
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); !holds(); {
		select {
		case <-deadline:
			tick.Stop()
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

func newClient(t *testing.T, creds client.Credentials, baseURL string) *client.Client {
	t.Helper()
	c, err := client.New(creds, client.WithBaseURL(baseURL), client.WithRetry(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// providersFile configures a simulated stripe and a provider without an API.
func providersFile(t *testing.T) (file string, sim *providersim.Sim) {
	t.Helper()
	shape, _ := providersim.ShapeOf("stripe")
	sim, err := providersim.Start(shape)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("sk_secret_of_stripe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "connections:\n  - name: stripe\n    use: stripe\n    parameters:\n      api_key: {file: key}\n"
	for name, value := range sim.Parameters() {
		text += fmt.Sprintf("      %s: %q\n", name, value)
	}
	text += "  - name: old-gateway\n    use: manual\n"
	file = filepath.Join(dir, "providers.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, sim
}

// One customer from import to the last provider, with the commands that an
// operator uses.
func TestServiceFromImportToResolution(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	s.importLines(creds.AccountCode,
		`{"id": "c1", "email": "ada@example.com", "providers": [{"provider": "stripe", "customer": "cus_1"}, {"provider": "old-gateway", "customer": "77"}]}`,
		`{"id": "c2", "email": "bob@example.com"}`)
	providers, sim := providersFile(t)
	baseURL, opsURL, stop := s.serve("--providers", providers)
	eventually(t, "ready", func() bool { status, _ := get(t, opsURL+"/readyz"); return status == http.StatusOK })

	yuno := newClient(t, creds, baseURL)
	for _, id := range []string{"c1", "c2"} {
		if err := yuno.DeleteCustomer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := yuno.DeleteCustomer(t.Context(), "c3"); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("a customer that never was: %v", err)
	}
	eventually(t, "final", func() bool { return len(s.erasures("--state", "in_progress")) == 0 })
	if got := sim.Record("cus_1"); got.Deleted != 1 {
		t.Errorf("stripe deleted %d times", got.Deleted)
	}
	if err := yuno.DeleteCustomer(t.Context(), "c2"); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("again: %v", err)
	}

	alone := s.erasures("--customer", "c2")[0].ID
	if out := s.ok("erasures", "show", alone); !strings.Contains(out, "No provider was known for this customer: none was asked.") {
		t.Errorf("of a customer without providers: %s", out)
	}
	s.fails(exitUsage, alone+" is an erasure: want one of its targets", "erasures", "resolve", alone, "--note", "done")
	waiting := s.erasures("--state", "attention_required")
	if len(waiting) != 1 || waiting[0].CustomerID != "c1" || waiting[0].State != erasure.ErasureAttentionRequired {
		t.Fatalf("waiting for a person: %+v", waiting)
	}
	var target erasure.Target
	for _, candidate := range s.erasure(waiting[0].ID).Targets {
		if candidate.State.NeedsAttention() {
			target = candidate
		}
	}
	s.ok("erasures", "retry", waiting[0].ID) // asks again, and again it needs a person
	eventually(t, "tried again", func() bool {
		for _, again := range s.erasure(waiting[0].ID).Targets {
			if again.ID == target.ID {
				return again.Attempts > target.Attempts && again.State.Final()
			}
		}
		return false
	})
	s.fails(exitUsage, "--note wants", "erasures", "resolve", target.ID, "--note", " ")
	s.ok("erasures", "resolve", target.ID, "--note", "asked by letter")
	s.fails(exitFailure, "only action_required and failed targets", "erasures", "resolve", target.ID, "--note", "again")
	s.fails(exitFailure, "no target of these erasures", "erasures", "retry", waiting[0].ID)
	text := s.ok("erasures", "show", waiting[0].ID)
	for _, want := range []string{"State     completed", "old-gateway", "asked by letter", "ask_by_hand"} {
		if !strings.Contains(text, want) {
			t.Errorf("erasures show does not say %q:\n%s", want, text)
		}
	}
	s.fails(exitFailure, "there is no account", "erasures", "list", "--account", someAccount)
	s.fails(exitUsage, "--limit wants", "erasures", "list", "--limit", "0")
	s.fails(exitUsage, "--deadline wants", "erasures", "retry", waiting[0].ID, "--deadline=-1h")
	if got := s.erasures("--customer", "c1", "--account", creds.AccountCode); len(got) != 1 || got[0].State != erasure.ErasureCompleted {
		t.Errorf("erasures list: %+v", got)
	}
	if text := s.ok("erasures", "list"); strings.Count(text, "\n") != 3 || !strings.HasPrefix(text, "ERASURE") {
		t.Errorf("erasures list:\n%s", text)
	}

	if _, body := get(t, opsURL+"/metrics"); !strings.Contains(body, `yuno_erasure_erasures{state="completed"} 2`) ||
		!strings.Contains(body, `yuno_erasure_provider_outcomes_total{outcome="succeeded",provider="stripe"} 1`) ||
		!strings.Contains(body, `yuno_erasure_request_duration_seconds_count{code="",status="202"} 2`) {
		t.Errorf("metrics:\n%s", body)
	}
	if status, body := get(t, opsURL+"/healthz"); status != http.StatusOK || body != "{\"process\":\"ok\"}\n" {
		t.Errorf("healthz: %d %s", status, body)
	}

	s.ok("accounts", "revoke", creds.AccountCode)
	if err := yuno.DeleteCustomer(t.Context(), "c3"); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("with revoked keys: %v", err)
	}
	if code := stop(); code != exitOK {
		t.Errorf("serve ended with %d", code)
	}
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s.fails(exitFailure, "--listen: listen tcp", "serve", "--listen", taken.Addr().String(), "--ops-listen", "")
	s.fails(exitFailure, "--ops-listen: listen tcp", "serve", "--listen", "127.0.0.1:0", "--ops-listen", taken.Addr().String())
	pem := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(pem, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(exitUsage, "--tls-cert and --tls-key go together", "serve", "--tls-cert", pem)
	s.fails(exitUsage, "--tls-cert: stat", "serve", "--tls-cert", "nowhere.pem", "--tls-key", pem)
	s.fails(exitFailure, "failed to find any PEM data", "serve", "--tls-cert", pem, "--tls-key", pem)
	s.fails(exitUsage, "--deadline wants", "serve", "--deadline=-1s")
	s.fails(exitUsage, "--rate wants", "serve", "--rate=-1")
	bad := filepath.Join(t.TempDir(), "providers.yaml")
	if err := os.WriteFile(bad, []byte("connections:\n  - name: stripe\n    use: stripe\n    parameters: {api_key: sk_live_literal}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := s.run("serve", "--providers", bad)
	if code != exitFailure || !strings.Contains(stderr, bad+":4") || strings.Contains(stderr, "sk_live_literal") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	code, _, stderr = runCommand(t.Context(), "serve", "--database", "mysql://root:hunter2@host/db")
	if code != exitUsage || !strings.Contains(stderr, "want file:PATH") || strings.Contains(stderr, "hunter2") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestServeLimitsTheRateOfAKey(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	baseURL, _, _ := s.serve("--rate", "1", "--role", "api")
	yuno := newClient(t, creds, baseURL)
	limited := 0
	for range 5 {
		var limit *client.Error
		err := yuno.DeleteCustomer(t.Context(), "nobody")
		if errors.Is(err, client.ErrRateLimited) && errors.As(err, &limit) && limit.RetryAfter > 0 {
			limited++
		}
	}
	if limited < 3 {
		t.Errorf("%d of 5 requests were told to wait", limited)
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	const code = "493e9374-510a-4201-9e09-de669d75f256"
	created := s.ok("accounts", "create", "--code", code)
	if !strings.Contains(created, "export YUNO_ACCOUNT_CODE='"+code) || !strings.Contains(created, "YUNO_PRIVATE_SECRET_KEY='erasure_") || !strings.Contains(created, "export YUNO_API_ENDPOINT='http://127.0.0.1:8080/v1'") {
		t.Errorf("created %s", created)
	}
	_, secret, _ := strings.Cut(created, "YUNO_PRIVATE_SECRET_KEY='")
	secret = strings.TrimSuffix(strings.TrimSpace(secret), "'")
	list := s.ok("accounts", "list") + s.ok("accounts", "list", "--json")
	if !strings.Contains(list, code) || strings.Contains(list, secret) {
		t.Errorf("listed %s", list)
	}
	rotated := s.ok("accounts", "rotate", code, "--json")
	if strings.Contains(rotated, secret) || !strings.Contains(rotated, code) {
		t.Errorf("rotated %s", rotated)
	}
	s.fails(exitFailure, "exists", "accounts", "create", "--code", code)
	s.fails(exitUsage, "--code is not a UUID", "accounts", "create", "--code", "mine")
	s.fails(exitUsage, "--code is not a UUID", "accounts", "create", "--code", strings.ToUpper(code))
	s.fails(exitFailure, "there is no account", "accounts", "rotate", "00000000-0000-4000-8000-000000000000")
	s.fails(exitFailure, "there is no account", "accounts", "revoke", "00000000-0000-4000-8000-000000000000")
	s.ok("accounts", "revoke", code)

	var keys accountKeys
	if err := json.Unmarshal([]byte(s.ok("accounts", "rotate", code, "--json", "--endpoint", "https://erasure.example.com/v1")), &keys); err != nil ||
		keys.APIEndpoint != "https://erasure.example.com/v1" || keys.AccountCode != code || keys.PublicAPIKey == "" || keys.PrivateSecretKey == "" {
		t.Errorf("rotate --json: %v", err)
	}
}

// Keys that nobody saw are in force: that must not look like a failure to make them.
func TestKeysThatCannotBePrinted(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"accounts", "create", "--code", someAccount, "--database", s.database}, strings.NewReader(""), brokenPipe{}, &stderr)
	if code != exitFailure || !strings.Contains(stderr.String(), "account "+someAccount+" has new keys, and they could not be printed: broken pipe (yuno-erasure accounts rotate makes others)") {
		t.Errorf("exit %d, stderr %q", code, &stderr)
	}
	s.ok("accounts", "rotate", someAccount)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	s.importLines(creds.AccountCode, `{"id": "c1", "email": "ada@example.com", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`)
	keyFile := strings.TrimPrefix(s.database, "file:") + ".key"
	before, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if out := s.ok("keys", "rotate"); !strings.Contains(out, "2 keys are wrapped") || !strings.Contains(out, "drop-older") {
		t.Errorf("rotate: %s", out)
	}
	if out := s.ok("keys", "drop-older"); !strings.Contains(out, "holds the current master key only") {
		t.Errorf("drop-older: %s", out)
	}
	after, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(after), strings.TrimSpace(string(before))) {
		t.Error("the old key is still in the file")
	}
	s.ok("compact")
	s.ok("migrate")
	for _, args := range [][]string{{"compact"}, {"migrate"}, {"keys", "rotate"}, {"keys", "drop-older"}, {"accounts", "revoke", creds.AccountCode}} {
		var facts map[string]any
		if out := s.ok(append(args, "--json")...); json.Unmarshal([]byte(out), &facts) != nil || len(facts) == 0 {
			t.Errorf("%v --json prints %s", args, out)
		}
	}
	if err := os.WriteFile(keyFile, before, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(exitFailure, "key", "accounts", "list")
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	s.fails(exitFailure, "is not: restore that from its copy", "accounts", "list")
	if _, err := os.Stat(keyFile); err == nil {
		t.Error("a new key was created for an old database")
	}
	s.fails(exitFailure, "there is no master key at "+keyFile, "keys", "rotate")
}
