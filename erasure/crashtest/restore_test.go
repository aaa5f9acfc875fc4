package crashtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// backups make a copy of a database while it is served, and return a function that
// replaces the database by the copy once no process uses it. The function returns the
// address of the copy.
var backups = map[string]func(t *testing.T) (database string, copy func() (restore func() string)){
	"SQLiteFile": func(t *testing.T) (string, func() func() string) {
		path := filepath.Join(t.TempDir(), "erasure.db")
		return "file:" + path, func() func() string {
			return func() string { return "file:" + path } // see TestRestoreBringsNobodyBack
		}
	},
	"Dump": func(t *testing.T) (string, func() func() string) {
		cluster := pgtest.Start(t)
		database := cluster.Database(t)
		return database, func() func() string { return cluster.Dump(t, database) }
	},
	"BaseBackup": func(t *testing.T) (string, func() func() string) {
		cluster := pgtest.Start(t)
		database := cluster.Database(t)
		return database, func() func() string {
			copied := cluster.Backup(t, false)
			return func() string {
				if err := cluster.Kill(); err != nil {
					t.Fatal(err)
				}
				if err := copied.Start(); err != nil {
					t.Fatal(err)
				}
				return cluster.In(copied, database)
			}
		}
	},
}

// A backup is restored. The service notices, and one command erases again everybody who
// was erased since, with the requests to providers that were still open.
func TestRestoreBringsNobodyBack(t *testing.T) {
	t.Parallel()
	for name, backup := range backups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, makeCopy := backup(t)
			s := newSystem(t, database)
			s.simulate()
			subjects := newSubjects(24)
			before, after, late, open, live := subjects[:4], subjects[4:12], subjects[12:16], subjects[16:20], subjects[20:]
			s.importCustomers(records(append(append(append([]*subject(nil), before...), after...), append(open, live...)...))...)
			logged := "--erasure-log=" + filepath.Join(s.folder, "erasures.log")

			v := s.start(logged)
			s.ready(v)
			s.deleteAll(s.client(), before)
			s.waitUntilDone(v)
			var file map[string]string
			if s.isSQLite() { // a copy of the file of a service that is stopped
				v.Stop(t)
				file = s.snapshot()
				v = s.start(logged)
				s.ready(v)
			}
			restore := makeCopy()
			s.importCustomers(records(late)...)
			s.deleteAll(s.client(), after)
			s.deleteAll(s.client(), late)
			s.waitUntilDone(v)
			asked := s.requests()
			for _, sim := range s.sims {
				sim.Misbehave(func(int) providersim.Fault { return providersim.Fail(500) })
			}
			s.deleteAll(s.client(), open)
			v.Stop(t)
			s.behave()

			if file != nil {
				s.restore(file)
			}
			s.database = restore()
			s.wantOlder(logged)
			s.applyLog(after, late, open)
			v = s.start(logged)
			s.ready(v)
			s.waitUntilDone(v)
			s.verifyRestored(before, after, late, open, live)
			for reference, n := range s.requests() {
				if asked[reference] > 0 && n != asked[reference] {
					t.Errorf("a provider was asked again about %s, which had ended", reference)
				}
			}
			v.Stop(t)
			s.wantLogged(append(append(append([]*subject(nil), before...), after...), append(late, open...)...))
		})
	}
}

func (s *system) isSQLite() bool { return strings.HasPrefix(s.database, "file:") }

// requests counts the requests to providers by reference.
func (s *system) requests() map[string]int {
	asked := map[string]int{}
	for _, sim := range s.sims {
		for _, reference := range sim.References() {
			asked[reference] = sim.Record(reference).Asked
		}
	}
	return asked
}

// wantOlder checks that serve does not begin on the restored database, says what to run,
// and warns if it is not given the log.
func (s *system) wantOlder(logged string) {
	s.t.Helper()
	r := s.run("serve", "--listen=127.0.0.1:0", "--ops-listen=", "--providers="+s.providersFile, logged)
	path := strings.TrimPrefix(logged, "--erasure-log=")
	if r.code == 0 || !strings.Contains(r.stderr, "the database is older than its erasure log "+path) ||
		!strings.Contains(r.stderr, "\nTry: yuno-erasure erasures apply ") {
		s.t.Errorf("exit status %d: %s", r.code, r.stderr)
	}
	v := s.start("--role=api")
	s.ready(v)
	if !strings.Contains(v.Output.String(), "older than its erasure log") {
		s.t.Errorf("serve without the log does not warn:\n%s", v.Output.Tail())
	}
	v.Stop(s.t)
}

// applyLog applies the log twice. The second time changes nothing.
func (s *system) applyLog(after, late, open []*subject) {
	s.t.Helper()
	var got struct {
		Erased  int `json:"erased"`
		Unknown int `json:"unknown"`
		Ended   int `json:"targets_ended"`
		Asked   int `json:"targets_asked"`
		Lost    int `json:"targets_lost"`
	}
	apply := func() {
		out := s.mustRun("erasures", "apply", "--json", filepath.Join(s.folder, "erasures.log"))
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			s.t.Fatal(err)
		}
	}
	apply()
	if got.Erased != len(after)+len(open) || got.Unknown != len(late) || got.Lost != 0 ||
		got.Ended < 3*(len(after)+len(late)) || got.Asked != 3*len(open) {
		s.t.Errorf("applied %+v", got)
	}
	if apply(); got.Erased+got.Unknown+got.Asked+got.Lost != 0 {
		s.t.Errorf("applied again: %+v", got)
	}
}

// verifyRestored checks that everybody but live is erased with every target, and that an
// import does not bring them back.
func (s *system) verifyRestored(before, after, late, open, live []*subject) {
	s.t.Helper()
	s.importCustomers(records(append(append([]*subject(nil), late...), live...))...)
	store := s.open()
	isLive, erasures := s.liveCustomers(store), s.erasures(store)
	for _, c := range live {
		if !isLive[c.id] {
			s.t.Errorf("%s was erased, and nobody asked for that", c.id)
		}
	}
	for _, subjects := range [][]*subject{before, after, late, open} {
		for _, c := range subjects {
			if isLive[c.id] || len(erasures[c.id]) != 1 || erasures[c.id][0].State != erasure.ErasureCompleted || len(erasures[c.id][0].Targets) != 3 {
				s.t.Errorf("%s: live %v, %+v", c.id, isLive[c.id], erasures[c.id])
			}
		}
	}
}

// wantLogged checks that the log has the erasures, each completed, and nothing else about
// the customers.
func (s *system) wantLogged(subjects []*subject) {
	s.t.Helper()
	states := s.readLog()
	text, err := os.ReadFile(filepath.Join(s.folder, "erasures.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range subjects {
		if states[c.id] != erasure.ErasureCompleted {
			s.t.Errorf("%s is %q in the log", c.id, states[c.id])
		}
		for _, reference := range c.refs {
			if bytes.Contains(text, []byte(reference)) {
				s.t.Errorf("the log contains %s", reference)
			}
		}
	}
	if bytes.Contains(text, []byte("@example.com")) {
		s.t.Error("the log contains personal data")
	}
}

// readLog returns the state of each customer's erasure in the log.
func (s *system) readLog() map[string]erasure.ErasureState {
	s.t.Helper()
	return readLog(s.t, filepath.Join(s.folder, "erasures.log"))
}

func readLog(t testing.TB, path string) map[string]erasure.ErasureState {
	t.Helper()
	log, err := erasurelog.Load(path, 0)
	states := map[string]erasure.ErasureState{}
	if err == nil {
		err = log.Each(func(c erasure.Change) error {
			states[c.CustomerID] = c.State
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// The service is killed while it accepts deletes and writes the log. After a restart,
// the log has everything that was accepted.
func TestErasureLogSurvivesKills(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s := newSystem(t, database)
		s.simulate()
		const rounds, perRound = 3, 40
		subjects := newSubjects(rounds * perRound)
		s.importCustomers(records(subjects)...)
		logged := "--erasure-log=" + filepath.Join(s.folder, "erasures.log")
		for round := range rounds {
			v := s.start(logged)
			s.ready(v)
			began := s.events.Load()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.deleteAll(s.once(), subjects[round*perRound:(round+1)*perRound])
			}()
			await.OK(t, "half of the deletes are over", func() error {
				if left := perRound/2 - int(s.events.Load()-began); left > 0 {
					return fmt.Errorf("deletes: %w", await.Remaining(left))
				}
				return nil
			})
			v.Kill()
			<-done
		}
		v := s.start(logged)
		s.ready(v)
		states := s.readLog() // it is up to date before requests are accepted
		for _, c := range subjects {
			if c.accepted > 0 && states[c.id] == "" {
				t.Errorf("%s was accepted and is not in the log", c.id)
			}
		}
		v.Stop(t)
		states = s.readLog()
		for id, es := range s.erasures(s.open()) {
			if len(es) != 1 || states[id] != es[0].State {
				t.Errorf("%s: %q in the log, %+v", id, states[id], es)
			}
		}
		if info, err := os.Stat(filepath.Join(s.folder, "erasures.log")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
}
