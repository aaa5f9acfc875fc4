package admin_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// A service continues while its master key is rotated.
func TestRotationBesideAService(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, `{"id": "before", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`)
	baseURL, opsURL, _ := s.Serve()
	s.OK("keys", "rotate")
	s.Import(creds.AccountCode, `{"id": "after"}`)
	yuno := clitest.NewClient(t, creds, baseURL)
	for _, id := range []string{"before", "after"} {
		if err := yuno.DeleteCustomer(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	await.True(t, "ready", func() bool { status, _ := clitest.Get(t, opsURL+"/readyz"); return status == http.StatusOK })
	dropOlder(t, s)
	await.True(t, "the target is worked on", func() bool { return len(s.Erasures("--state", "attention_required")) == 1 })
	if target := s.Erasure(s.Erasures("--customer", "before")[0].ID).Targets[0]; target.Reason != "provider_not_configured" {
		t.Errorf("got %+v: its references were sealed under a key that was dropped", target)
	}
}

// dropOlder drops the older keys, once the service has confirmed the newest one.
func dropOlder(t *testing.T, s *clitest.Shell) {
	t.Helper()
	await.OK(t, "the service has confirmed the newest key", func() error {
		status, _, stderr := s.Run("keys", "drop-older")
		switch {
		case status == command.ExitOK:
			return nil
		case strings.Contains(stderr, "not every running process has confirmed"):
			return errors.New(stderr)
		}
		return await.Final(errors.New(stderr))
	})
}

// Two concurrent rotations would lose a key. Data would be lost if the key of a database
// that does not open were rotated, or if an old key were dropped while it is in use.
func TestKeysRejects(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, `{"id": "c1"}`)
	path := s.KeyFile()

	lock := flock.New(path + ".lock")
	if locked, err := lock.TryLock(); err != nil || !locked {
		t.Fatal(locked, err)
	}
	for _, subcommand := range []string{"rotate", "drop-older"} {
		s.Fails(command.ExitFailure, "another keys command is working on "+path, "keys", subcommand)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}

	if _, err := seal.Rotate(path); err != nil { // as if the command had been interrupted
		t.Fatal(err)
	}
	s.OK("keys", "drop-older") // completes the rotation first
	s.OK("erasures", "list")

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, "wrong master key", "keys", "rotate")
	if after, err := os.ReadFile(path); err != nil || strings.Count(string(after), "\n") != 1 {
		t.Errorf("the file was rotated for a database that it does not open: %d bytes, %v", len(after), err)
	}
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	s.OK("keys", "rotate")
}

// An import that began before a rotation seals under the new key afterwards.
func TestRotationBesideAnImport(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	store, err := database.Flags{Database: s.Database()}.Open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s.OK("keys", "rotate")
	s.OK("keys", "drop-older")
	if err := store.Import(t.Context(), creds.AccountCode, []erasure.Customer{{ID: "c1", Personal: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	s.OK("keys", "rotate") // opens every key there is
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, `{"id": "c1", "email": "ada@example.com", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`)
	keyFile := s.KeyFile()
	before, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if out := s.OK("keys", "rotate"); !strings.Contains(out, "2 keys are wrapped") ||
		!strings.Contains(out, "drop-older") {
		t.Errorf("rotate: %s", out)
	}
	if out := s.OK("keys", "drop-older"); !strings.Contains(out, "contains only the current master key") {
		t.Errorf("drop-older: %s", out)
	}
	after, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(after), strings.TrimSpace(string(before))) {
		t.Error("the old key is still in the file")
	}
	s.OK("compact")
	s.OK("migrate")
	for _, args := range [][]string{{"compact"}, {"migrate"}, {"keys", "rotate"}, {"keys", "drop-older"}, {"accounts", "revoke", creds.AccountCode}} {
		var facts map[string]any
		if out := s.OK(append(args, "--json")...); json.Unmarshal([]byte(out), &facts) != nil || len(facts) == 0 {
			t.Errorf("%v --json prints %s", args, out)
		}
	}
	if err := os.WriteFile(keyFile, before, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, "key", "accounts", "list")
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, "does not: restore the key from its backup", "accounts", "list")
	if _, err := os.Stat(keyFile); err == nil {
		t.Error("a new key was created for an old database")
	}
	s.Fails(command.ExitFailure, "there is no master key file "+keyFile, "keys", "rotate")
}
