package daemon

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// A rotated key file is loaded even if nothing in the database uses its new key yet.
func TestFollowKeyFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		store, err := database.Flags{Database: "file:" + path}.OpenOrCreate(t.Context(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		var log bytes.Buffer
		d := &Daemon{store: store, log: slog.New(slog.NewTextHandler(&log, nil))}
		stop, err := d.startKeys(t.Context(), roleAll, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		time.Sleep(keyFilePeriod)
		synctest.Wait()
		if _, err := seal.Rotate(path + ".key"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(keyFilePeriod)
		synctest.Wait()
		if strings.Count(log.String(), "loaded the rotated master key file") != 1 {
			t.Errorf("got the log %q", log.String())
		}
	})
}

// An older master key is destroyed in the hour in which its time is over, and only once
// every process that runs has confirmed its successor.
func TestDestroyKeysOnSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const keep = time.Hour
		path := filepath.Join(t.TempDir(), "test.db")
		flags := database.Flags{Database: "file:" + path}
		store, err := flags.OpenOrCreate(t.Context(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		var log testbinary.Output // sleeping in a bubble does not order a read before a later write
		d := &Daemon{store: store, log: slog.New(slog.NewTextHandler(&log, nil))}
		stop, err := d.startKeys(t.Context(), roleAll, keep)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		other := openWithCopy(t, path)
		want := func(after time.Duration, keys int, logged string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if n := len(store.KeyIDs()); n != keys || !strings.Contains(log.String(), logged) {
				t.Errorf("%d keys, want %d; the log lacks %q:\n%s", n, keys, logged, log.String())
			}
		}
		time.Sleep(30 * time.Minute) // from here on, the key is replaced
		rotate(t, flags, path+".key")
		want(keep-time.Minute, 2, "loaded the rotated master key file")
		if strings.Contains(log.String(), "destroy") {
			t.Errorf("too early:\n%s", log.String())
		}
		time.Sleep(30 * time.Minute)
		if err := other.SeeProcess(t.Context(), sqlstore.NewProcess("other:1", roleWorker, time.Now()), time.Now()); err != nil {
			t.Fatal(err)
		}
		want(2*time.Minute, 2, "older master keys are to be destroyed, and are not; it is tried again in an hour")
		want(time.Hour, 1, "destroyed older master keys in the key file") // the other process has ended meanwhile
	})
}

// What is logged is what has failed.
func TestDestroyKeysLogsTheTrueCause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statement string
		keys      int
		want      string
	}{
		"Unknown":     {`DROP TABLE master_keys`, 2, `level=WARN msg="it is unknown whether older master keys are to be destroyed; it is tried again in an hour" err=`},
		"NotDropped":  {`DROP TABLE processes`, 2, `level=WARN msg="older master keys are to be destroyed, and are not; it is tried again in an hour" err=`},
		"NotRecorded": {`CREATE TRIGGER refuse BEFORE UPDATE OF destroyed_at ON master_keys BEGIN SELECT raise(ABORT, 'refused'); END`, 1, `level=WARN msg="the database does not say yet that master keys were destroyed" err=`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.db")
			flags := database.Flags{Database: "file:" + path}
			store, err := flags.OpenOrCreate(t.Context(), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			rotate(t, flags, path+".key")
			if _, err := store.ReloadKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := store.DB().ExecContext(t.Context(), test.statement); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			d := &Daemon{store: store, log: slog.New(slog.NewTextHandler(&log, nil))}
			d.destroyDueKeys(t.Context(), time.Nanosecond)
			if n := len(store.KeyIDs()); n != test.keys || strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), test.want) {
				t.Errorf("%d keys, want %d; the log:\n%s", n, test.keys, log.String())
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			log.Reset()
			if d.destroyDueKeys(ended, time.Nanosecond); log.Len() > 0 {
				t.Errorf("it logs that it was interrupted:\n%s", log.String())
			}
		})
	}
}

// openWithCopy opens a database with a copy of its key file, as another machine does.
func openWithCopy(t *testing.T, path string) *sqlstore.Store {
	t.Helper()
	keys, err := os.ReadFile(path + ".key")
	copied := filepath.Join(t.TempDir(), "copy.key")
	if err == nil {
		err = os.WriteFile(copied, keys, 0o600)
	}
	var ring *seal.Ring
	if err == nil {
		ring, _, err = seal.Load(func(string) string { return "" }, copied)
	}
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(t.Context(), "file:"+path, ring, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// rotate does what keys rotate does.
func rotate(t *testing.T, flags database.Flags, keyFile string) {
	t.Helper()
	if _, err := seal.Rotate(keyFile); err != nil {
		t.Fatal(err)
	}
	store, err := flags.Open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Rewrap(t.Context(), time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
