package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// machine has a copy of the key file, and a store while it runs.
type machine struct {
	copy    string
	store   *sqlstore.Store // nil: down
	process sqlstore.Process
	flying  []erasure.Attempt
}

// rotations is a random history of one database, of machines with copies of the key file,
// and of an operator.
type rotations struct {
	*testing.T
	random   *rand.Rand
	dsn      string
	keyFile  string
	machines []*machine
	now      time.Time
	people   int   // imported
	erased   []int // accepted
	targets  []string
}

// check accepts what may happen to a process whose keys are old.
func (r *rotations) check(what string, err error) (ok bool) {
	r.Helper()
	if err != nil && !errors.As(err, new(*erasure.KeyMissingError)) {
		r.Fatalf("%s: %v", what, err)
	}
	return err == nil
}

// step makes one random step.
func (r *rotations) step() {
	m := r.machines[r.random.IntN(len(r.machines))]
	r.now = r.now.Add(time.Duration(r.random.IntN(60)) * time.Second)
	switch n := r.random.IntN(40); {
	case n < 2:
		r.rotate(n == 0)
	case n < 4:
		r.drop()
	case n < 8: // the operator distributes the file
		data, err := os.ReadFile(r.keyFile)
		if err == nil {
			err = os.WriteFile(m.copy, data, 0o600)
		}
		if err != nil {
			r.Fatal(err)
		}
	case n < 9 || m.store == nil && n < 20:
		r.restart(m)
	case m.store == nil:
	case n < 15:
		_, _ = m.store.ReloadKeys(r.Context()) // an old copy is refused
		r.check("see", m.store.SeeProcess(r.Context(), m.process, r.now))
	case n < 22:
		if r.check("import", m.store.Import(r.Context(), account, []erasure.Customer{person(r.people).customer()})) {
			r.people++
		}
	case n < 28 && len(r.erased) < r.people:
		i := len(r.erased)
		e, err := m.store.Accept(r.Context(), acceptOf(i), noQueue)
		if r.check("accept", err) {
			r.erased, r.targets = append(r.erased, i), append(r.targets, e.Targets[0].ID)
		}
	case n < 34 && len(r.targets) > 0:
		attempt, err := m.store.Begin(r.Context(), r.targets[r.random.IntN(len(r.targets))], r.now)
		if r.check("begin", err) {
			m.flying = append(m.flying, attempt)
		}
	case len(m.flying) > 0:
		r.finish(m)
	}
}

// finish ends an attempt that began any time ago, perhaps before a rotation.
func (r *rotations) finish(m *machine) {
	attempt := m.flying[0]
	m.flying = m.flying[1:]
	progress := attempt.Progress
	progress.Done = append(progress.Done, fmt.Sprint(len(progress.Done)))
	err := m.store.Finish(r.Context(), erasure.FinishRequest{
		TargetID: attempt.Target.ID, Attempt: attempt.Target.Attempts, At: r.now,
		State: erasure.TargetPending, NextAt: r.now, Progress: &progress,
	}, nil)
	if !errors.Is(err, erasure.ErrSuperseded) {
		r.check("finish", err)
	}
}

// restart ends a machine's process, without a word, and starts it again if its keys are
// right.
func (r *rotations) restart(m *machine) {
	if m.store != nil {
		if err := m.store.Close(); err != nil {
			r.Fatal(err)
		}
	}
	m.flying, m.process = nil, sqlstore.NewProcess("machine", "all", r.now)
	var err error
	m.store, err = sqlstore.Open(r.Context(), r.dsn, ringOf(r, m.copy), sqlstore.Options{})
	if err == nil {
		r.check("see", m.store.SeeProcess(r.Context(), m.process, r.now))
	}
}

// operator opens the database with the newest key file.
func (r *rotations) operator() *sqlstore.Store {
	r.Helper()
	store, err := sqlstore.Open(r.Context(), r.dsn, ringOf(r, r.keyFile), sqlstore.Options{})
	if err != nil {
		r.Fatal(err)
	}
	return store
}

// rotate is keys rotate, which may be interrupted between any two of its steps.
func (r *rotations) rotate(interrupted bool) {
	if _, err := seal.Rotate(r.keyFile); err != nil {
		r.Fatal(err)
	}
	store := r.operator()
	defer store.Close()
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	steps := r.random.IntN(3)
	_, err := store.Rewrap(ctx, r.now, func(int) {
		if steps--; interrupted && steps < 0 {
			stop()
		}
	})
	if err != nil && !interrupted {
		r.Fatal(err)
	}
}

func (r *rotations) drop() {
	store := r.operator()
	defer store.Close()
	keep := time.Duration(r.random.IntN(3)) * time.Minute
	_, err := store.DropKeys(r.Context(), sqlstore.DropRequest{At: r.now, Keep: keep, ListenFor: time.Millisecond})
	if err != nil && !errors.As(err, new(*sqlstore.UnconfirmedError)) {
		r.Fatal(err)
	}
}

// wantEverything checks that nothing was lost: the newest key alone opens everything.
func (r *rotations) wantEverything() {
	r.Helper()
	store := r.operator()
	defer store.Close()
	for _, m := range r.machines { // they ended long ago
		if m.store != nil {
			_ = m.store.Close()
		}
	}
	r.now = r.now.Add(time.Hour)
	if _, err := store.DropKeys(r.Context(), sqlstore.DropRequest{At: r.now, ListenFor: time.Millisecond}); err != nil {
		r.Fatal(err)
	}
	if n := len(store.KeyIDs()); n != 1 {
		r.Errorf("%d keys are left", n)
	}
	for i, target := range r.targets {
		attempt, err := store.Begin(r.Context(), target, r.now)
		if err != nil || attempt.Progress.References.Customer != person(r.erased[i]).reference() {
			r.Errorf("the references of target %d are lost: %v", i, err)
		}
	}
	for i := len(r.erased); i < r.people; i++ {
		ids, err := store.CustomersByMerchantID(r.Context(), account, person(i).merchantID())
		if err != nil || len(ids) != 1 {
			r.Errorf("customer %d is not found: %v", i, err)
		}
		eraseOne(r, store, i)
	}
}

// Whatever order rotations, drops, restarts, imports, deletes and attempts come in, on
// machines whose copies of the keys are old, nothing becomes unreadable.
func TestNothingIsLostInRotations(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, dsn string) { randomRotations(t, dsn, seed) })
		})
	}
}

func randomRotations(t *testing.T, dsn string, seed uint64) {
	r := &rotations{T: t, random: rand.New(rand.NewPCG(seed, 1)), dsn: dsn, keyFile: newKeyFile(t), now: start}
	fill(t, open(t, dsn, ringOf(t, r.keyFile)), 3)
	r.people = 3
	data, err := os.ReadFile(r.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m := &machine{copy: filepath.Join(t.TempDir(), "copy.key")}
		if err := os.WriteFile(m.copy, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r.machines = append(r.machines, m)
		r.restart(m)
	}
	for range 150 {
		r.step()
	}
	r.wantEverything()
	t.Logf("%d customers, %d targets", r.people, len(r.targets))
}
