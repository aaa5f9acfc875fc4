package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// served is a running service, and a client of it.
type served struct {
	*clitest.Shell
	ops    string
	delete func(ids ...string)
}

// serveWith imports customers and starts a service with a simulated stripe and a
// provider that a person has to ask.
func serveWith(t *testing.T, customers []string, flags ...string) served {
	t.Helper()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, customers...)
	providers, _ := clitest.ProvidersFile(t)
	baseURL, ops, _ := s.Serve(append([]string{"--providers", providers}, flags...)...)
	await.True(t, "ready", func() bool { status, _ := clitest.Get(t, ops+"/readyz"); return status == http.StatusOK })
	yuno := clitest.NewClient(t, creds, baseURL)
	return served{s, ops, func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if err := yuno.DeleteCustomer(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		await.True(t, "final", func() bool { return len(s.Erasures("--state", "in_progress")) == 0 })
	}}
}

// An operator finds out whom to ask for, asks, and closes all targets at once.
func TestAskingByHand(t *testing.T) {
	t.Parallel()
	var customers, ids []string
	for i := range 3 {
		ids = append(ids, fmt.Sprintf("c%d", i))
		customers = append(customers, fmt.Sprintf(`{"id": "c%d", "providers": [{"provider": "old-gateway", "customer": "GW-471%d", "tokens": ["tok_%d"]}]}`, i, i, i))
	}
	s := serveWith(t, customers)
	s.delete(ids...)
	id := s.Erasures("--customer", "c1")[0].ID
	if out := s.OK("erasures", "show", id); strings.Contains(out, "GW-4711") {
		t.Errorf("shown without being asked for:\n%s", out)
	}
	out := s.OK("erasures", "show", id, "--references")
	for _, want := range []string{"customer  GW-4711", "token     tok_1", "references_shown"} {
		if !strings.Contains(out, want) {
			t.Errorf("erasures show --references lacks %q:\n%s", want, out)
		}
	}
	if out := s.OK("erasures", "show", id, "--references", "--json"); !strings.Contains(out, `"customer": "GW-4711"`) {
		t.Errorf("erasures show --references --json:\n%s", out)
	}
	s.Fails(command.ExitFailure, "there is no erasure", "erasures", "show", "unknown", "--references")

	_, list, stderr := s.Run("erasures", "list", "--provider", "old-gateway", "--reason", "ask_by_hand", "--limit", "1")
	if !strings.Contains(list, "old-gateway  ask_by_hand") || !strings.Contains(stderr, "2 more erasures: continue with --before ") {
		t.Errorf("erasures list:\n%s%s", list, stderr)
	}
	if got := len(s.Erasures("--provider", "stripe")) + len(s.Erasures("--reason", "key_refused")) + len(s.Erasures("--at-risk")); got != 0 {
		t.Errorf("%d erasures match what none has", got)
	}
	if got := s.Erasures("--limit", "1")[0].Targets; len(got) != 1 || got[0].Reason != "ask_by_hand" {
		t.Errorf("erasures list --json has the targets %+v", got)
	}

	resolve := []string{"erasures", "resolve", "--all", "--note", "by letter"}
	s.Fails(command.ExitUsage, "--all wants --provider or --reason", resolve...)
	s.Fails(command.ExitUsage, "--provider and --reason want --all", "erasures", "retry", "--provider", "old-gateway")
	s.Fails(command.ExitUsage, "--all and ids exclude each other", "erasures", "retry", id, "--all", "--reason", "ask_by_hand")
	s.Fails(command.ExitUsage, "want an id", "erasures", "retry")
	s.Fails(command.ExitFailure, "no action_required or failed target matches", append(resolve, "--provider", "stripe")...)
	resolve = append(resolve, "--provider", "old-gateway", "--reason", "ask_by_hand")
	s.Fails(command.ExitUsage, "3 targets are to be closed as deleted by hand.", resolve...) // asks, without a terminal
	if got := len(s.Erasures("--state", "attention_required")); got != 3 {
		t.Errorf("%d erasures need attention, want 3: nothing was confirmed", got)
	}
	if out := s.OK(append(resolve, "--yes")...); !strings.Contains(out, "3 targets are closed.") {
		t.Errorf("erasures resolve: %s", out)
	}
	if got := s.Erasure(id); got.State != erasure.ErasureCompleted {
		t.Errorf("state %s", got.State)
	}
}

func TestRetryOfAll(t *testing.T) {
	t.Parallel()
	s := serveWith(t, []string{
		`{"id": "c1", "providers": [{"provider": "old-gateway", "customer": "1"}, {"provider": "stripe", "customer": "cus_1"}]}`,
		`{"id": "c2", "providers": [{"provider": "old-gateway", "customer": "2"}]}`,
	})
	s.delete("c1", "c2")
	if out := s.OK("erasures", "retry", "--provider", "old-gateway", "--all", "--yes"); !strings.Contains(out, "2 targets will be tried again.") {
		t.Errorf("erasures retry: %s", out)
	}
	await.True(t, "both are tried again", func() bool {
		tried := 0
		for _, e := range s.Erasures("--state", "attention_required") {
			for _, target := range e.Targets {
				if target.Provider == "old-gateway" && target.Attempts == 2 {
					tried++
				}
			}
		}
		return tried == 2
	})
}

func TestReopen(t *testing.T) {
	t.Parallel()
	customers := []string{`{"id": "c1", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`}
	t.Run("InTime", func(t *testing.T) {
		t.Parallel()
		s := serveWith(t, customers)
		s.delete("c1")
		id := s.Erasures()[0].ID
		if out := s.OK("erasures", "show", id); !strings.Contains(out, "Can be reopened until ") {
			t.Errorf("erasures show:\n%s", out)
		}
		s.Fails(command.ExitUsage, "--deadline wants", "erasures", "reopen", id, "--deadline", "0s")
		s.Fails(command.ExitFailure, "there is no erasure or target", "erasures", "reopen", "unknown")
		if out := s.OK("erasures", "reopen", id); !strings.Contains(out, "1 target will be asked again.") {
			t.Errorf("erasures reopen: %s", out)
		}
		await.True(t, "asked again", func() bool { return s.Erasure(id).Targets[0].Attempts == 2 })
	})
	t.Run("NothingIsKept", func(t *testing.T) {
		t.Parallel()
		s := serveWith(t, customers, "--keep-references", "0")
		s.delete("c1")
		e := s.Erasure(s.Erasures()[0].ID)
		s.Fails(command.ExitFailure, "no target of these erasures can be reopened", "erasures", "reopen", e.ID)
		s.Fails(command.ExitFailure, "target "+e.Targets[0].ID+" is succeeded, and its references are destroyed: it cannot be reopened (serve --keep-references)\n", "erasures", "reopen", e.Targets[0].ID)
		s.Fails(command.ExitFailure, "target "+e.Targets[0].ID+" is succeeded (payment_history_kept): only action_required and failed targets can be retried or resolved\n", "erasures", "retry", e.Targets[0].ID)
		s.Fails(command.ExitFailure, "target "+e.Targets[0].ID+" is succeeded (payment_history_kept): only", "erasures", "resolve", e.Targets[0].ID, "--note", "x")
	})
	s := clitest.NewShell(t)
	s.Fails(command.ExitUsage, "--keep-references wants", "serve", "--keep-references=-1s")
}

// What is known has a metric at zero, before anything has happened.
func TestMetricsFromTheStart(t *testing.T) {
	t.Parallel()
	s := serveWith(t, []string{
		`{"id": "c1", "providers": [{"provider": "old-gateway", "customer": "1"}]}`,
		`{"id": "c2", "providers": [{"provider": "misspelt", "customer": "1"}, {"provider": "misspelt-too", "customer": "1"}]}`,
	})
	_, metrics := clitest.Get(t, s.ops+"/metrics")
	for _, want := range []string{
		`yuno_erasure_erasures{state="completed_with_exceptions"} 0`,
		`yuno_erasure_targets{state="failed"} 0`,
		`yuno_erasure_attempts_total{outcome="action_required",provider="stripe",reason="key_refused"} 0`,
		`yuno_erasure_attempts_total{outcome="action_required",provider="old-gateway",reason="ask_by_hand"} 0`,
		`yuno_erasure_targets_ended_total{provider="stripe",reason="timeout",state="failed"} 0`,
		`yuno_erasure_requests_total{code="INTERNAL_ERROR",status="500"} 0`,
		`yuno_erasure_request_duration_seconds_count{status="503"} 0`,
		`yuno_erasure_attempt_duration_seconds_count{provider="stripe"} 0`,
		`yuno_erasure_time_to_complete_seconds_count{state="completed"} 0`,
		`yuno_erasure_queue_age_seconds{provider="old-gateway"} 0`,
		`yuno_erasure_connection_up{provider="stripe"} 1`,
		`yuno_erasure_open_targets{provider="stripe",reason="not_found_unproven"} 0`,
		`yuno_erasure_attention_targets{provider="old-gateway",reason="ask_by_hand"} 0`,
		`yuno_erasure_oldest_open_seconds{provider="stripe",reason="key_refused"} 0`,
		`yuno_erasure_connection_paused{provider="stripe"} 0`,
		"yuno_erasure_at_risk 0", "yuno_erasure_overdue 0", "yuno_erasure_unworked_jobs 0",
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %q", want)
		}
	}
	s.delete("c1", "c2")
	s.OK("providers", "pause", "stripe")
	_, metrics = clitest.Get(t, s.ops+"/metrics")
	for _, want := range []string{
		`yuno_erasure_attention_targets{provider="old-gateway",reason="ask_by_hand"} 1`,
		`yuno_erasure_connection_paused{provider="stripe"} 1`,
		`yuno_erasure_attention_targets{provider="unknown",reason="provider_not_configured"} 2`,
		`yuno_erasure_attempts_total{outcome="action_required",provider="unknown",reason="provider_not_configured"} 2`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %q", want)
		}
	}
	if strings.Contains(metrics, "misspelt") {
		t.Error("the metrics have a label that only an import knows")
	}
}
