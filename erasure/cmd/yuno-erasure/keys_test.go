package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
