package crashtest

import (
	"bytes"
	"cmp"
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
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/internal/textfile"
)

// keyCopy is a copy of the key file, as on another machine.
type keyCopy struct {
	s    *system
	path string
}

func (s *system) newKeyCopy() keyCopy {
	s.t.Helper()
	c := keyCopy{s, filepath.Join(s.folder, "copy.key")}
	c.renew()
	return c
}

// renew copies the key file again.
func (c keyCopy) renew() {
	c.s.t.Helper()
	keys, err := os.ReadFile(c.s.keyFile)
	if err != nil {
		c.s.t.Fatal(err)
	}
	c.s.writeFile(c.path, keys)
}

// serve starts a service with the copy, and waits until it serves.
func (c keyCopy) serve(args ...string) *service {
	c.s.t.Helper()
	before := c.s.keyFile
	c.s.keyFile = c.path
	v := c.s.start(args...)
	c.s.keyFile = before
	v.WaitFor(c.s.t, "msg=serving")
	return v
}

const unconfirmed = "nothing was dropped: not every running process has confirmed master key"

// wantKeys checks how many keys the key file contains.
func (s *system) wantKeys(want int) {
	s.t.Helper()
	keys, err := os.ReadFile(s.keyFile)
	if err != nil {
		s.t.Fatal(err)
	}
	if n := bytes.Count(keys, []byte("\n")); n != want {
		s.t.Errorf("the key file contains %d keys, want %d", n, want)
	}
}

// letTimePass makes processes and replaced keys older. Processes that were not seen for a day
// would be forgotten, so they become no older than an hour.
func (s *system) letTimePass(store *sqlstore.Store, d time.Duration) {
	s.t.Helper()
	for statement, by := range map[string]time.Duration{
		`UPDATE processes SET seen_at = seen_at - $1`: min(d, time.Hour), `UPDATE master_keys SET replaced_at = replaced_at - $1`: d,
	} {
		if _, err := store.DB().ExecContext(s.t.Context(), statement, by.Microseconds()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// The master key is rotated during an attempt, by a process with a copy of the older key,
// which is then killed. No key is dropped before the process certainly runs no more, and
// the attempt is made again with what was sealed under the older key.
func TestKilledBetweenRotationAndDrop(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, subjects := newLoaded(t, database, 2)
		store, machine := s.open(), s.newKeyCopy()
		s.setTimeout("5m")
		for _, sim := range s.sims {
			sim.Misbehave(func(int) providersim.Fault { return providersim.Hang() })
		}
		v := machine.serve("--attempt-timeout=20m")
		subjects[0].delete(t.Context(), s.client(client.WithRetry(20, time.Second)))
		for provider, reference := range subjects[0].refs {
			await.True(t, "an attempt", func() bool { return s.sims[provider].Record(reference).Asked > 0 })
		}
		s.mustRun("keys", "rotate")
		refused := s.run("keys", "drop-older")
		s.wantRefusal(refused, unconfirmed)
		if !strings.Contains(refused.stderr, machine.path) {
			t.Errorf("the refusal does not name %s: %s", machine.path, refused.stderr)
		}
		v.Kill()
		killed := time.Now()
		s.wantRefusal(s.run("keys", "drop-older"), unconfirmed) // it may still run, for all that the database knows
		s.wantKeys(2)
		s.letTimePass(store, sqlstore.ProcessLiveFor)
		s.mustRun("keys", "drop-older")
		s.wantKeys(1)

		before := s.keyFile
		s.keyFile = machine.path
		s.wantRefusal(s.run("serve", "--listen=127.0.0.1:0", "--ops-listen="), "wrong master key")
		s.keyFile = before
		machine.renew()
		s.behave()
		s.setTimeout("1s")
		s.wait(time.Until(killed.Add(lostAfter))) // until the queue considers the jobs lost
		s.settle(machine.serve(), subjects)
	})
}

// The key is rotated, and the older one dropped, in the middle of an import, which is then
// killed and repeated. Everybody can be erased with the newest key alone.
func TestRotationDuringAnImportThatIsKilled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s := newSystem(t, database)
		s.simulate()
		subjects, store := newSubjects(6), s.open()
		lines, feed, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = errors.Join(lines.Close(), feed.Close()) })
		cmd := s.command(context.Background(), "customers", "import", "--quiet", "--batch=1", "--account="+s.keys.AccountCode, "-")
		cmd.Stdin = lines
		p := testbinary.Start(t, cmd)
		write := func(text []byte) {
			t.Helper()
			if _, err := feed.Write(text); err != nil {
				t.Fatal(err)
			}
		}
		write(bytes.Repeat([]byte("\n"), textfile.Start)) // the command looks at so much before it begins
		send := func(n int) {
			t.Helper()
			write(jsonLines(t, records(subjects[n:n+1])))
			await.OK(t, "it is imported", func() error {
				if err := p.Running(); err != nil {
					return err
				}
				if imported := len(s.liveCustomers(store)); imported != n+1 {
					return fmt.Errorf("%d are imported", imported)
				}
				return nil
			})
		}
		send(0)
		send(1)
		s.mustRun("keys", "rotate")
		send(2)
		s.mustRun("keys", "drop-older")
		send(3)
		p.Kill()
		s.wantKeys(1)
		s.importCustomers(records(subjects)...)
		s.mustRun("keys", "rotate") // opens every key there is
		s.settle(s.start(), subjects)
	})
}

// The command is killed when the key file is rotated and the database is not. The next
// command completes it.
func TestRotationThatIsKilled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, subjects := newLoaded(t, database, 2)
		unlock := func() {}
		if !s.isSQLite() { // there, it could not even begin
			unlock = s.holdMark()
		}
		rotate := testbinary.Start(t, s.command(context.Background(), "keys", "rotate"))
		await.OK(t, "the file is rotated", func() error {
			ended := rotate.Running()
			keys, err := os.ReadFile(s.keyFile)
			if err == nil && bytes.Count(keys, []byte("\n")) < 2 {
				err = cmp.Or(ended, errors.New("not yet"))
			}
			return err
		})
		rotate.Kill()
		unlock()
		s.importCustomers(records(subjects)...)
		s.mustRun("keys", "drop-older")
		s.wantKeys(1)
		s.settle(s.start(), subjects)
	})
}

// holdMark keeps the newest master key in the database from being replaced.
func (s *system) holdMark() (unlock func()) { return s.hold(`UPDATE key_checks SET key = key`) }

// holdKeys keeps master keys from being recorded as destroyed.
func (s *system) holdKeys() (unlock func()) { return s.hold(`UPDATE master_keys SET id = id`) }

// hold changes rows, and nobody else can until unlock.
func (s *system) hold(statement string) (unlock func()) {
	s.t.Helper()
	tx, err := s.open().DB().BeginTx(s.t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(s.t.Context(), statement)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// A master key is destroyed by the service once it was replaced for long enough, and every
// process has its successor. With the remaining key, a copy of the database from before
// does not open.
func TestKeyIsDestroyedOnSchedule(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		s, subjects := newLoaded(t, databases["SQLite"](t), 3)
		file := s.snapshot() // while nothing has it open: to close a file ends SQLite's locks
		s.mustRun("keys", "rotate")
		s.letTimePass(s.open(), 90*24*time.Hour)
		v := s.start()
		v.WaitFor(t, "destroyed older master keys in the key file")
		s.wantKeys(1)
		copied := "file:" + filepath.Join(t.TempDir(), "backup.db")
		for path, content := range file {
			if suffix, ok := strings.CutPrefix(path, s.file()); ok {
				s.writeFile(strings.TrimPrefix(copied, "file:")+suffix, []byte(content))
			}
		}
		s.wantUnreadable(copied, subjects)
		s.settle(v, subjects)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		cluster := pgtest.Start(t)
		s, subjects := newLoaded(t, cluster.Database(t), 3)
		store, machine := s.open(), s.newKeyCopy()
		restore := cluster.Dump(t, s.database)
		other := machine.serve()
		s.mustRun("keys", "rotate")
		s.letTimePass(store, 90*24*time.Hour)
		v := s.start()
		v.WaitFor(t, "older master keys are to be destroyed, and are not")
		if !bytes.Contains(v.Output.Bytes(), []byte(unconfirmed)) {
			t.Errorf("the log does not say why:\n%s", v.Output.Tail())
		}
		s.wantKeys(2)
		v.Stop(t)
		machine.renew()
		await.True(t, "the other process has confirmed the newest key", func() bool {
			waiting, err := store.Unconfirmed(t.Context(), time.Now())
			return err == nil && len(waiting) == 0
		})
		v = s.start()
		v.WaitFor(t, "destroyed older master keys in the key file")
		s.wantKeys(1)
		s.wantUnreadable(restore(), subjects)
		other.Stop(t)
		s.settle(v, subjects)
	})
}

// wantUnreadable checks that a copy of the database does not open with the keys that are
// left: neither for this program, nor for one that ignores its checks.
func (s *system) wantUnreadable(copied string, subjects []*subject) {
	s.t.Helper()
	before := s.database
	s.database = copied
	s.wantRefusal(s.run("erasures", "list"), "wrong master key")
	s.database = before

	ring, _, err := seal.Load(func(name string) string { return map[string]string{seal.EnvKeyFile: s.keyFile}[name] }, "")
	if err != nil {
		s.t.Fatal(err)
	}
	rows := 0
	query := `SELECT key FROM customers WHERE key IS NOT NULL`
	eachRow(s.t, openRaw(s.t, copied), query, nil, func(_ []string, values [][]byte) {
		rows++
		if _, err := ring.OpenKey(values[0], seal.Place{}); !errors.As(err, new(*seal.UnknownKeyError)) {
			s.t.Errorf("a key of the copy: got %v, want that its master key is unknown", err)
		}
	})
	if rows != len(subjects) {
		s.t.Errorf("%d rows in the copy, want %d", rows, len(subjects))
	}
}

// openRaw opens a database with nothing in between.
func openRaw(t testing.TB, database string) *sql.DB {
	t.Helper()
	driver := "pgx"
	if strings.HasPrefix(database, "file:") {
		driver = "sqlite"
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
