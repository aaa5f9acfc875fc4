package crashtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

// newLoaded returns a system with customers, for a test that makes it fail.
func newLoaded(t *testing.T, database string, customers int) (*system, []*subject) {
	t.Helper()
	s := newSystem(t, database)
	s.simulate()
	subjects := newSubjects(customers)
	s.importCustomers(records(subjects)...)
	return s, subjects
}

// once returns a client that does not retry.
func (s *system) once() *client.Client { return s.client(client.WithRetry(0, 0)) }

// wantFailing checks that the response to a delete is a 500 without a cause, and that
// a line of the log has the cause.
func (s *system) wantFailing(v *service, err error, cause string) {
	s.t.Helper()
	var failure *client.Error
	if !errors.As(err, &failure) || failure.StatusCode != 500 || failure.Code != "INTERNAL_ERROR" {
		s.t.Fatalf("got %v, want 500 INTERNAL_ERROR", err)
	}
	if bytes.Contains(failure.Body, []byte(cause)) {
		s.t.Errorf("the response contains the cause: %s", failure.Body)
	}
	// The line is written after the response.
	await.OK(s.t, "the log has the cause", func() error {
		for line := range bytes.Lines(v.Output.Bytes()) {
			if bytes.Contains(line, []byte("customer request failed")) && bytes.Contains(line, []byte(cause)) {
				return nil
			}
		}
		return fmt.Errorf("nothing of %q in\n%s", cause, v.Output.Tail())
	})
}

// settle deletes every subject that is not erased yet, and verifies the result.
func (s *system) settle(v *service, subjects []*subject) {
	s.t.Helper()
	s.ready(v)
	for _, c := range subjects {
		if c.settled() {
			continue
		}
		if c.delete(s.t.Context(), s.client()); !c.settled() {
			s.t.Fatalf("%s cannot be deleted afterwards:\n%s", c.id, v.Output.Tail())
		}
	}
	s.waitUntilDone(v)
	v.Stop(s.t)
	if sum := s.verify(s.open(), subjects); sum.erased != len(subjects) {
		s.t.Errorf("%d of %d are erased", sum.erased, len(subjects))
	}
}

func TestDatabaseLocked(t *testing.T) {
	t.Parallel()
	s, subjects := newLoaded(t, databases["SQLite"](t), 3)
	v := s.start("--role=api") // a worker would wait for the lock too, and requests behind it
	subjects[0].delete(t.Context(), s.once())

	unlock := s.lock()
	began := time.Now()
	err := s.once().DeleteCustomer(t.Context(), subjects[1].id)
	s.wantFailing(v, err, "the database is locked by another process")
	if waited := time.Since(began); waited < 9*time.Second {
		t.Errorf("gave up after %v: another process may need longer than that", waited)
	}
	s.wantRefusal(s.run("accounts", "create"), "the database is locked by another process")
	unlock()
	v.Stop(t)
	s.settle(s.start(), subjects)
}

// lock takes the write lock of the SQLite database.
func (s *system) lock() (unlock func()) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := db.Conn(s.t.Context())
	if err == nil {
		_, err = conn.ExecContext(s.t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		if err := errors.Join(err, conn.Close(), db.Close()); err != nil {
			s.t.Error(err)
		}
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, subjects := newLoaded(t, cluster.Database(t), 3)
	v := s.start()
	subjects[0].delete(t.Context(), s.once())
	s.waitUntilDone(v)

	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	err := s.once().DeleteCustomer(t.Context(), subjects[1].id)
	var failure *client.Error
	if !errors.As(err, &failure) || failure.StatusCode != 500 {
		t.Errorf("got %v, want 500", err)
	}
	if text, err := v.operations(t.Context(), "/readyz"); err != nil || !bytes.Contains(text, []byte(`"database":"failed"`)) {
		t.Errorf("/readyz: %s, %v; want that the database failed", text, err)
	}
	s.wantRefusal(s.run("serve", "--listen=127.0.0.1:0", "--ops-listen="), "open database")
	restart(t, cluster)
	s.settle(v, subjects)
}

// A refused start changes nothing: with the right files back in place, the service
// goes on.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		breakIt func(s *system) error
		want    string
	}{
		"KeyMissing": {func(s *system) error { return os.Remove(s.keyFile) }, "does not exist: restore it"},
		"KeyWrong": {func(s *system) error {
			return os.WriteFile(s.keyFile, []byte("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=\n"), 0o600)
		}, "wrong master key"},
		"KeyEmpty":       {func(s *system) error { return os.Truncate(s.keyFile, 0) }, "contains no key"},
		"KeyCutOff":      {func(s *system) error { return os.Truncate(s.keyFile, 20) }, "master key"},
		"KeyForAll":      {func(s *system) error { return os.Chmod(s.keyFile, 0o644) }, "chmod 600"},
		"FileEmpty":      {func(s *system) error { return os.Truncate(s.file(), 0) }, "is empty: it was truncated"},
		"FileCutOff":     {func(s *system) error { return os.Truncate(s.file(), 8192) }, "damaged"},
		"FileHeaderOnly": {func(s *system) error { return os.Truncate(s.file(), 100) }, "damaged"},
		"FileOther":      {func(s *system) error { return os.WriteFile(s.file(), bytes.Repeat([]byte("x"), 8192), 0o600) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, subjects := newLoaded(t, databases["SQLite"](t), 2)
			v := s.start()
			subjects[0].delete(t.Context(), s.once())
			s.waitUntilDone(v)
			v.Stop(t)

			whole := s.snapshot()
			if err := test.breakIt(s); err != nil {
				t.Fatal(err)
			}
			broken := s.snapshot()
			s.wantRefusal(s.run("serve", "--listen=127.0.0.1:0", "--ops-listen="), test.want)
			for path, content := range s.snapshot() {
				if content != broken[path] {
					t.Errorf("%s was changed by a start that was refused", filepath.Base(path))
				}
			}
			s.restore(whole)
			s.settle(s.start(), subjects)
		})
	}
}

// file is the path of the SQLite database.
func (s *system) file() string { return strings.TrimPrefix(s.database, "file:") }

// snapshot returns the content of the key file and of the database's files.
func (s *system) snapshot() map[string]string {
	s.t.Helper()
	contents := map[string]string{}
	for _, path := range []string{s.keyFile, s.file(), s.file() + "-wal", s.file() + "-shm"} {
		data, err := os.ReadFile(path)
		switch {
		case err == nil:
			contents[path] = string(data)
		case !os.IsNotExist(err):
			s.t.Fatal(err)
		}
	}
	return contents
}

func (s *system) restore(contents map[string]string) {
	s.t.Helper()
	for path := range s.snapshot() {
		if err := os.Remove(path); err != nil {
			s.t.Fatal(err)
		}
	}
	for path, content := range contents {
		s.writeFile(path, []byte(content))
	}
}
