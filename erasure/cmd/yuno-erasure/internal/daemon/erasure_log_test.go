package daemon

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// writtenMeanwhile is a database whose log another process writes after each time that its
// position was read.
type writtenMeanwhile struct {
	*sqlstore.Store
	write func()
}

func (w writtenMeanwhile) LogPosition(ctx context.Context) (sqlstore.LogPosition, error) {
	defer w.write()
	return w.Store.LogPosition(ctx)
}

// A process that does not write the erasure log does not take the database for older than
// the log because another process writes that just now.
func TestLogThatIsWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	folder, account := t.TempDir(), "11111111-1111-4111-8111-111111111111"
	flags := database.Flags{Database: "file:" + filepath.Join(folder, "test.db")}
	store, err := flags.OpenOrCreate(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.CreateAccount(t.Context(), erasure.Account{Code: account, PublicKey: "public", CreatedAt: time.Now()}))
	erase := func(id string) {
		t.Helper()
		must(store.Import(t.Context(), account, []erasure.Customer{{ID: id, Personal: []byte("{}")}}))
		now := time.Now()
		_, err := store.Accept(t.Context(), erasure.AcceptRequest{AccountCode: account, CustomerID: id, At: now, Deadline: now.Add(time.Hour)}, nil)
		must(err)
	}
	erase("first")
	other, err := openLog(t.Context(), flags, filepath.Join(folder, "erasures.log"), store, slog.New(slog.DiscardHandler))
	must(err)
	defer other.writer.Close()
	next := "a"
	var log bytes.Buffer
	warnOfLog(t.Context(), flags, writtenMeanwhile{store, func() {
		erase(next)
		next += "a"
		must(other.write(t.Context()))
	}}, slog.New(slog.NewTextHandler(&log, nil)))
	if strings.Contains(log.String(), "older than its erasure log") || !strings.Contains(log.String(), "give --erasure-log") {
		t.Errorf("got the log %q", log.String())
	}
}
