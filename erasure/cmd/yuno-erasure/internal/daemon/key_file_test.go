package daemon

import (
	"bytes"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/seal"
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
