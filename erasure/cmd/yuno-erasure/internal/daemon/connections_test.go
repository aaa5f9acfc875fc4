package daemon_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// An operator pauses a provider and resumes it, beside the running service.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Fails(command.ExitFailure, "no serve --providers has run on this database yet", "providers", "pause", "stripe")
	s.Import(creds.AccountCode,
		`{"id": "c1", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`,
		`{"id": "c2", "providers": [{"provider": "old-gateway", "customer": "77"}]}`)
	providers, stripe := clitest.ProvidersFile(t)
	baseURL, opsURL, _ := s.Serve("--providers", providers)
	await.True(t, "ready", func() bool { status, _ := clitest.Get(t, opsURL+"/readyz"); return status == http.StatusOK })

	s.Fails(command.ExitFailure, `no provider is named "unknown" (known: old-gateway, stripe)`, "providers", "pause", "unknown")
	s.Fails(command.ExitFailure, `no provider is named "unknown"`, "providers", "resume", "unknown")
	s.Fails(command.ExitUsage, "--reason wants", "providers", "pause", "stripe", "--reason", strings.Repeat("é", 201))
	s.Fails(command.ExitUsage, "--reason contains an e-mail address", "providers", "pause", "stripe", "--reason", "ask ada@example.com")
	if out := s.OK("providers", "pause", "stripe", "--reason", "new key"); !strings.Contains(out, "Nothing more is sent to stripe") {
		t.Errorf("pause: %s", out)
	}
	if out := s.OK("providers", "pause", "stripe"); !strings.Contains(out, "is paused by hand already") {
		t.Errorf("pause again: %s", out)
	}
	yuno := clitest.NewClient(t, creds, baseURL)
	for _, id := range []string{"c1", "c2"} {
		if err := yuno.DeleteCustomer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	await.True(t, "the other provider's target is final", func() bool { return s.Erasures("--customer", "c2")[0].State != erasure.ErasureInProgress })
	id := s.Erasures("--customer", "c1")[0].ID
	if target := s.Erasure(id).Targets[0]; target.State != erasure.TargetPending || target.Attempts > 0 || stripe.Record("cus_1").Deleted > 0 {
		t.Errorf("while paused: %+v", target)
	}
	if out := s.OK("providers", "resume", "stripe"); !strings.Contains(out, "stripe goes on; 0 targets") {
		t.Errorf("resume: %s", out)
	}
	await.True(t, "completed", func() bool { return s.Erasure(id).State == erasure.ErasureCompleted })
	if out := s.OK("providers", "resume", "stripe", "--json"); !strings.Contains(out, `"changed": false`) {
		t.Errorf("resume again: %s", out)
	}
}

// The requests per second of a provider hold for all processes on a database: those that
// start while the turns are taken send nothing.
func TestTurnsOutliveAProcess(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	customers := []string{"c1", "c2", "c3", "c4", "c5"}
	for _, id := range customers {
		s.Import(creds.AccountCode, fmt.Sprintf(`{"id": %q, "providers": [{"provider": "stripe", "customer": "cus_%s"}]}`, id, id))
	}
	providers, stripe := clitest.ProvidersFile(t)
	text, err := os.ReadFile(providers)
	if err != nil {
		t.Fatal(err)
	}
	// Four requests may start at once, which is enough for one customer, and one more
	// every 1000 seconds.
	const slow = "    use: stripe\n    limits: {per_second: 0.001, concurrency: 4}\n"
	if err := os.WriteFile(providers, []byte(strings.Replace(string(text), "    use: stripe\n", slow, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var deleted []string
	for _, id := range customers {
		baseURL, _, stop := s.Serve("--providers", providers)
		if err := clitest.NewClient(t, creds, baseURL).DeleteCustomer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		erasure := s.Erasures("--customer", id)[0].ID
		await.True(t, "an attempt at "+id, func() bool { return len(s.Erasure(erasure).Targets[0].Evidence) > 1 })
		stop()
		if stripe.Record("cus_"+id).Deleted > 0 {
			deleted = append(deleted, id)
		}
	}
	if len(deleted) == 0 || deleted[0] != "c1" || len(deleted) == len(customers) {
		t.Errorf("deleted %q, want the first and not all", deleted)
	}
}
