package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// A service goes on when its master key is rotated beside it.
func TestRotationBesideAService(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	s.importLines(creds.AccountCode, `{"id": "before", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`)
	baseURL, opsURL, _ := s.serve()
	s.ok("keys", "rotate")
	s.importLines(creds.AccountCode, `{"id": "after"}`)
	yuno := newClient(t, creds, baseURL)
	for _, id := range []string{"before", "after"} {
		if err := yuno.DeleteCustomer(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	eventually(t, "ready", func() bool { status, _ := get(t, opsURL+"/readyz"); return status == http.StatusOK })
	s.ok("keys", "drop-older")
	eventually(t, "the target is worked on", func() bool { return len(s.erasures("--state", "attention_required")) == 1 })
	if target := s.erasure(s.erasures("--customer", "before")[0].ID).Targets[0]; target.Reason != "provider_not_configured" {
		t.Errorf("got %+v: its references were sealed under a key that is gone", target)
	}
}

// Two rotations at once would lose a key; one of a database that does not open, or
// while something is still written under the old key, loses data.
func TestKeysRefuse(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	s.importLines(creds.AccountCode, `{"id": "c1"}`)
	path := strings.TrimPrefix(s.database, "file:") + ".key"

	lock := flock.New(path + ".lock")
	if locked, err := lock.TryLock(); err != nil || !locked {
		t.Fatal(locked, err)
	}
	for _, command := range []string{"rotate", "drop-older"} {
		s.fails(exitFailure, "another keys command works on "+path, "keys", command)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}

	if _, err := seal.Rotate(path); err != nil { // as if a server had gone on under the old key
		t.Fatal(err)
	}
	s.fails(exitFailure, "keys were wrapped under an old master key since the rotation, and nothing was dropped", "keys", "drop-older")
	s.ok("keys", "drop-older")
	s.ok("erasures", "list")

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(exitFailure, "wrong master key", "keys", "rotate")
	if after, err := os.ReadFile(path); err != nil || strings.Count(string(after), "\n") != 1 {
		t.Errorf("the file was rotated for a database that it does not open: %d bytes, %v", len(after), err)
	}
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	s.ok("keys", "rotate")
}

// An import that began before a rotation seals under the new key from then on.
func TestRotationBesideAnImport(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	store, err := databaseFlags{Database: s.database}.open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s.ok("keys", "rotate")
	s.ok("keys", "drop-older")
	if err := store.Import(t.Context(), creds.AccountCode, []erasure.Customer{{ID: "c1", Personal: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	s.ok("keys", "rotate") // opens every key there is
}

// It also takes up a key that it has not met in the database.
func TestFollowKeyFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		store, err := databaseFlags{Database: "file:" + path}.openOrCreate(t.Context(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		var log bytes.Buffer
		d := &daemon{store: store, log: slog.New(slog.NewTextHandler(&log, nil))}
		go d.followKeyFile(t.Context())
		time.Sleep(keyFileEvery)
		synctest.Wait()
		if _, err := seal.Rotate(path + ".key"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(keyFileEvery)
		synctest.Wait()
		if strings.Count(log.String(), "took up the master key file") != 1 {
			t.Errorf("got the log %q", log.String())
		}
	})
}
