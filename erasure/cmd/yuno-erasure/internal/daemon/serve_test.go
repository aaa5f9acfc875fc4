package daemon_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// One customer from import to the last provider, with the commands that an operator uses.
func TestServiceFromImportToResolution(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode,
		`{"id": "c1", "email": "ada@example.com", "providers": [{"provider": "stripe", "customer": "cus_1"}, {"provider": "old-gateway", "customer": "77"}]}`,
		`{"id": "c2", "email": "bob@example.com"}`)
	providers, stripe := clitest.ProvidersFile(t)
	baseURL, opsURL, stop := s.Serve("--providers", providers)
	await.True(t, "ready", func() bool { status, _ := clitest.Get(t, opsURL+"/readyz"); return status == http.StatusOK })
	yuno := clitest.NewClient(t, creds, baseURL)

	for _, id := range []string{"c1", "c2"} {
		if err := yuno.DeleteCustomer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	await.True(t, "final", func() bool { return len(s.Erasures("--state", "in_progress")) == 0 })
	if got := stripe.Record("cus_1"); got.Deleted != 1 {
		t.Errorf("stripe deleted %d times", got.Deleted)
	}
	for _, id := range []string{"c2", "c3"} { // erased, and never imported
		if err := yuno.DeleteCustomer(t.Context(), id); !errors.Is(err, client.ErrCustomerNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	checkWithoutProviders(t, s)
	resolveByHand(t, s)
	checkLists(t, s, creds.AccountCode)
	checkOperations(t, opsURL)

	s.OK("accounts", "revoke", creds.AccountCode)
	if err := yuno.DeleteCustomer(t.Context(), "c3"); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("with revoked keys: %v", err)
	}
	if status := stop(); status != command.ExitOK {
		t.Errorf("serve ended with %d", status)
	}
}

// checkWithoutProviders checks what the operator sees of c2, which has no providers.
func checkWithoutProviders(t *testing.T, s *clitest.Shell) {
	t.Helper()
	id := s.Erasures("--customer", "c2")[0].ID
	if out := s.OK("erasures", "show", id); !strings.Contains(out, "This customer had no providers: none was asked.") {
		t.Errorf("erasures show: %s", out)
	}
	for _, args := range [][]string{{"list", "--customer", "c2"}, {"show", id}} {
		if out := s.OK(append(append([]string{"erasures"}, args...), "--json")...); !strings.Contains(out, `"targets": []`) {
			t.Errorf("erasures %v --json: %s", args, out)
		}
	}
	s.Fails(command.ExitUsage, id+" is an erasure: want one of its targets",
		"erasures", "resolve", id, "--note", "done")
}

// resolveByHand retries and then resolves the target of c1 that needs manual action.
func resolveByHand(t *testing.T, s *clitest.Shell) {
	t.Helper()
	waiting := s.Erasures("--state", "attention_required")
	if len(waiting) != 1 || waiting[0].CustomerID != "c1" || waiting[0].State != erasure.ErasureAttentionRequired {
		t.Fatalf("attention required: %+v", waiting)
	}
	id := waiting[0].ID
	var target erasure.Target
	for _, candidate := range s.Erasure(id).Targets {
		if candidate.State.NeedsAttention() {
			target = candidate
		}
	}
	s.OK("erasures", "retry", id) // has the same outcome
	await.True(t, "tried again", func() bool {
		for _, again := range s.Erasure(id).Targets {
			if again.ID == target.ID {
				return again.Attempts > target.Attempts && again.State.Final()
			}
		}
		return false
	})
	s.Fails(command.ExitUsage, "--deadline wants", "erasures", "retry", id, "--deadline=-1h")
	s.Fails(command.ExitUsage, "--note wants", "erasures", "resolve", target.ID, "--note", " ")
	s.Fails(command.ExitUsage, "contains an e-mail address", "erasures", "resolve", target.ID, "--note", "told ada@example.com")
	s.OK("erasures", "resolve", target.ID, "--note", "asked by letter @ the office")
	s.Fails(command.ExitFailure, "only action_required and failed targets",
		"erasures", "resolve", target.ID, "--note", "again")
	s.Fails(command.ExitFailure, "no target of these erasures", "erasures", "retry", id)
	text := s.OK("erasures", "show", id)
	for _, want := range []string{"State     completed", "old-gateway", "asked by letter", "ask_by_hand"} {
		if !strings.Contains(text, want) {
			t.Errorf("erasures show lacks %q:\n%s", want, text)
		}
	}
}

// checkLists checks the list of erasures after all are completed.
func checkLists(t *testing.T, s *clitest.Shell, account string) {
	t.Helper()
	s.Fails(command.ExitFailure, "there is no account", "erasures", "list", "--account", clitest.AccountCode)
	s.Fails(command.ExitUsage, "--limit wants", "erasures", "list", "--limit", "0")
	list := s.Erasures("--customer", "c1", "--account", account)
	if len(list) != 1 || list[0].State != erasure.ErasureCompleted {
		t.Errorf("erasures list: %+v", list)
	}
	if text := s.OK("erasures", "list"); strings.Count(text, "\n") != 3 || !strings.HasPrefix(text, "ERASURE") {
		t.Errorf("erasures list:\n%s", text)
	}
}

// checkOperations checks the operations listener after two deletes.
func checkOperations(t *testing.T, opsURL string) {
	t.Helper()
	_, metrics := clitest.Get(t, opsURL+"/metrics")
	for _, want := range []string{
		`yuno_erasure_erasures{state="completed"} 2`,
		`yuno_erasure_requests_total{code="",status="202"} 2`,
		`yuno_erasure_requests_total{code="CUSTOMER_NOT_FOUND",status="400"} 2`,
		`yuno_erasure_request_duration_seconds_count{status="202"} 2`,
		`yuno_erasure_attempts_total{outcome="succeeded",provider="stripe",reason="payment_history_kept"} 1`,
		`yuno_erasure_attempts_total{outcome="action_required",provider="old-gateway",reason="ask_by_hand"} 2`,
		`yuno_erasure_attempt_duration_seconds_count{provider="stripe"} 1`,
		`yuno_erasure_targets_ended_total{provider="stripe",reason="payment_history_kept",state="succeeded"} 1`,
		`yuno_erasure_time_to_complete_seconds_count{state="completed"} 1`,
		`yuno_erasure_time_to_complete_seconds_count{state="attention_required"} 2`,
		`yuno_erasure_queue_age_seconds{provider="stripe"} 0`,
		`yuno_erasure_connection_up{provider="stripe"} 1`,
		`yuno_erasure_database_up 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q:\n%s", want, metrics)
		}
	}
	if status, body := clitest.Get(t, opsURL+"/healthz"); status != http.StatusOK || body != "{\"process\":\"ok\"}\n" {
		t.Errorf("healthz: %d %s", status, body)
	}
}

func TestServeRejects(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s.Fails(command.ExitFailure, "--listen: another program uses", "serve", "--listen", taken.Addr().String(), "--ops-listen", "")
	s.Fails(command.ExitFailure, "--ops-listen: another program uses",
		"serve", "--listen", "127.0.0.1:0", "--ops-listen", taken.Addr().String())
	pem := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(pem, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitUsage, "--tls-cert and --tls-key go together", "serve", "--tls-cert", pem)
	s.Fails(command.ExitUsage, "nowhere.pem: no such file or directory", "serve", "--tls-cert", "nowhere.pem", "--tls-key", pem)
	s.Fails(command.ExitFailure, "failed to find any PEM data", "serve", "--tls-cert", pem, "--tls-key", pem)
	s.Fails(command.ExitUsage, "--deadline wants", "serve", "--deadline=-1s")
	s.Fails(command.ExitUsage, "--rate wants", "serve", "--rate=-1")
	bad := filepath.Join(t.TempDir(), "providers.yaml")
	if err := os.WriteFile(bad, []byte("connections:\n  - name: stripe\n    use: stripe\n    parameters: {api_key: sk_live_literal}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := s.Run("serve", "--providers", bad)
	if code != command.ExitFailure || !strings.Contains(stderr, bad+":4") ||
		strings.Contains(stderr, "sk_live_literal") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	code, _, stderr = clitest.Run(t.Context(), "serve", "--database", "mysql://root:hunter2@host/db")
	if code != command.ExitUsage || !strings.Contains(stderr, "want file:PATH") || strings.Contains(stderr, "hunter2") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestServeLimitsTheRateOfAKey(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	baseURL, _, _ := s.Serve("--rate", "0.001", "--role", "api") // one request, and the next in 17 minutes
	yuno := clitest.NewClient(t, creds, baseURL)
	limited := 0
	for range 5 {
		var limit *client.Error
		err := yuno.DeleteCustomer(t.Context(), "nobody")
		if errors.Is(err, client.ErrRateLimited) && errors.As(err, &limit) && limit.RetryAfter > 0 {
			limited++
		}
	}
	if limited != 4 {
		t.Errorf("%d of 5 requests were rate limited, want 4", limited)
	}
}

// Nobody can retrieve a customer here, so the keys are not asked for.
func TestServeOffersOnlyTheDelete(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	baseURL, _, _ := s.Serve("--role", "api")
	for _, path := range []string{"/customers/c1", "/customers?merchant_customer_id=42"} {
		if status, _ := clitest.Get(t, baseURL+path); status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: got %d, want 405", path, status)
		}
	}
}
