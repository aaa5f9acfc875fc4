package bulkdelete_test

import (
	"encoding/json"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// A customer whose earlier erasure waits for a person is not one who was not found: a
// provider may still have the data. Once the operator has settled it, nothing is left.
func TestErasedBeforeAndNotFinished(t *testing.T) {
	s := clitest.NewShell(t)
	creds, others := s.Account(), s.Account()
	s.Import(creds.AccountCode, `{"id": "by-hand", "providers": [{"provider": "old-gateway", "customer": "77"}]}`, `{"id": "alone"}`)
	providers, _ := clitest.ProvidersFile(t)
	baseURL, _, _ := s.Serve("--providers", providers)
	use := func(c client.Credentials) {
		t.Setenv(client.EnvAccountCode, c.AccountCode)
		t.Setenv(client.EnvPublicAPIKey, c.PublicAPIKey)
		t.Setenv(client.EnvPrivateSecretKey, c.PrivateSecretKey)
		t.Setenv(client.EnvAPIEndpoint, baseURL)
	}
	t.Chdir(t.TempDir())
	use(creds)
	file := clitest.WriteFile(t, "ids.txt", "by-hand\nalone\nstranger\n")
	expect(t, command.ExitNotFound, "2 accepted, 1 not found", "", "--file", file, "--yes")
	await.True(t, "it waits for a person", func() bool { return len(s.Erasures("--state", "attention_required")) == 1 })

	const unfinished = "1 failed: 1 erasure_unfinished (erased before, not finished: a provider may still have the data"
	expect(t, exitFailed, unfinished, "", "by-hand", "--yes", "--journal", file+".1")
	expect(t, exitFailed, "0 accepted, 2 not found, 0 maybe deleted, 0 invalid, 1 failed\n"+unfinished, "", "--file", file, "--yes", "--journal", file+".2")
	code, stdout, _ := clitest.Run(t.Context(), "delete", "by-hand", "--yes", "--json", "--journal", file+".3")
	var result struct {
		Results []struct{ Outcome, Code string }
	}
	if err := json.Unmarshal([]byte(stdout), &result); err != nil || code != exitFailed || len(result.Results) != 1 ||
		result.Results[0].Outcome != "failed" || result.Results[0].Code != "erasure_unfinished" {
		t.Errorf("exit status %d, %v: %s", code, err, stdout)
	}
	use(others) // to whom the customer is unknown
	expect(t, command.ExitNotFound, "has no such customer", "", "by-hand", "--yes", "--journal", file+".4")

	use(creds)
	erased := s.Erasure(s.Erasures("--state", "attention_required")[0].ID)
	s.OK("erasures", "resolve", erased.Targets[0].ID, "--note", "asked by letter")
	expect(t, command.ExitNotFound, "0 accepted, 3 not found", "", "--file", file, "--yes", "--journal", file+".2", "--resume")
}
