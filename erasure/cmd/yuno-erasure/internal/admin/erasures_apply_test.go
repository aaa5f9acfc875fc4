package admin_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// What is erased again waits in the queue of its provider, which has the provider's
// limits, if a process works on that.
func TestApplyUsesTheQueuesOfProviders(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, customerLine)
	restored := clitest.NewShell(t)
	for from, to := range map[string]string{s.Path: restored.Path, s.KeyFile(): restored.KeyFile()} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	baseURL, _, stop := s.Serve()
	if err := clitest.NewClient(t, creds, baseURL).DeleteCustomer(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	stop()
	file := filepath.Join(t.TempDir(), "erased.jsonl")
	s.OK("erasures", "export", "--output", file)

	ring, _, err := seal.Load(func(name string) string {
		if name == seal.EnvKeyFile {
			return restored.KeyFile()
		}
		return ""
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(t.Context(), restored.Database(), ring, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.SeeConnections(t.Context(), []string{"stripe"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	restored.OK("erasures", "apply", file)
	var queue string
	if err := store.DB().QueryRowContext(t.Context(), "SELECT queue FROM river_job WHERE kind = 'erase_target'").Scan(&queue); err != nil {
		t.Fatal(err)
	}
	if queue != "provider-stripe" {
		t.Errorf("the job waits in queue %s", queue)
	}
}
