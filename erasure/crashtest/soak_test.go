package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Everything that can disturb the service happens at once, for a long time: kills of the
// service, of the database and of commands, providers that misbehave, are down or refuse
// the key, rotations of the master key with processes that have the older one, changes of
// the configuration, floods. In the end everything that was accepted is erased, nothing
// else, nothing personal is on the disk, and a process that was never restarted uses no
// more memory than at first.
//
// SOAK is how long it takes, such as 10m. Without it, everything happens once. An
// interrupt ends it in order, a second one at once.
func TestSoak(t *testing.T) {
	t.Parallel()
	ctx, length := t.Context(), time.Duration(0)
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil || length < time.Minute {
			t.Fatalf("SOAK is %q: want a duration of a minute or more, such as 10m", text)
		}
		interruptible, stop := signal.NotifyContext(ctx, os.Interrupt)
		t.Cleanup(stop)
		context.AfterFunc(interruptible, stop)
		ctx = interruptible
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		newSoak(t, databases["SQLite"](t), nil, length).play(ctx)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		cluster := pgtest.Start(t)
		newSoak(t, cluster.Database(t), cluster, length).play(ctx)
	})
}

// soak is a system in which everything happens at once.
type soak struct {
	*system
	cluster *cluster // nil for SQLite
	length  time.Duration
	seed    uint64
	began   time.Time
	store   *sqlstore.Store
	slots   []*slot
	did     deeds
	log     soakLog
	trade   trade
	usage   usage
	// interrupted is set when the processes get the interrupt, too.
	interrupted atomic.Bool
}

func newSoak(t *testing.T, database string, server *pgtest.Cluster, length time.Duration) *soak {
	t.Helper()
	k := &soak{system: newSystem(t, database), length: length, seed: rand.Uint64(), began: time.Now()}
	t.Logf("seed %d", k.seed)
	if server != nil {
		k.cluster = &cluster{Cluster: server}
	}
	k.simulate()
	k.misbehave(k.seed)
	k.store = k.open()
	k.slots = k.newSlots()
	for _, sl := range k.slots {
		sl.start()
		if !k.isServing(sl.service()) {
			t.Fatalf("%s has ended:\n%s", sl.name, sl.service().Output.Tail())
		}
	}
	k.current.Store(k.slots[0].service())
	return k
}

// act is something that happens again and again, with a pause of about that length before.
type act struct {
	every time.Duration
	do    func(ctx context.Context, random *rand.Rand)
}

func (k *soak) acts() []act {
	kills := 20 * time.Second
	if k.cluster == nil { // a process that is killed alone leaves no leader of the queue for 15 s
		kills = 45 * time.Second
	}
	all := []act{
		{kills, k.killService},
		{40 * time.Second, k.turnWeather},
		{time.Minute, k.rotateKeys},
		{75 * time.Second, k.changeConfiguration},
		{25 * time.Second, k.flood},
	}
	if k.cluster != nil {
		all = append(all, act{50 * time.Second, k.killDatabase})
	}
	return all
}

// play lets everything happen until the time is over or ctx is done, and verifies the end.
func (k *soak) play(ctx context.Context) {
	busy, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ctx, func() { k.interrupted.Store(true) })
	var acting, rest sync.WaitGroup
	for i, a := range k.acts() {
		acting.Go(func() { k.repeat(busy, a, rand.New(rand.NewPCG(k.seed, uint64(100+i)))) })
	}
	rest.Go(func() { k.keepTrading(busy) })
	rest.Go(func() { k.supervise(busy) })
	rest.Go(func() { k.observe(busy) })
	if k.length > 0 {
		pause(ctx, k.length-time.Since(k.began))
		stop()
	}
	acting.Wait()
	stop()
	rest.Wait()
	k.t.Logf("%v: over; everything is to be completed now", k.age())
	k.finish()
}

// repeat repeats an act until ctx is done. In the short form it happens once.
func (k *soak) repeat(ctx context.Context, a act, random *rand.Rand) {
	if k.length == 0 {
		a.do(ctx, random)
		return
	}
	for pause(ctx, a.every/2+time.Duration(random.Int64N(int64(a.every)))) {
		a.do(ctx, random)
	}
}

// pause waits, and reports whether ctx has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// moment returns a random time up to most, or next to nothing in the short form.
func (k *soak) moment(random *rand.Rand, most time.Duration) time.Duration {
	if k.length == 0 {
		most = min(most, 300*time.Millisecond)
	}
	return time.Duration(random.Int64N(int64(most)))
}

func (k *soak) age() time.Duration { return time.Since(k.began).Round(time.Second) }

// finish lets the service complete everything, and verifies the result.
func (k *soak) finish() {
	k.clearWeather()
	k.settleAll()
	await.OK(k.t, "every erasure is completed", func() error {
		k.superviseOnce()
		var open int
		err := k.store.DB().QueryRowContext(k.t.Context(), `SELECT count(*) FROM erasures WHERE state <> 'completed'`).Scan(&open)
		if err == nil && open > 0 {
			err = fmt.Errorf("erasures: %w", await.Remaining(open))
		}
		return err
	})
	k.waitUntilPurged(k.store)
	k.summarize() // with the processes that still run
	if k.length > 0 {
		k.finishRotation()
	}
	for _, sl := range k.slots {
		for !k.isServing(sl.service()) { // an interrupt, or the last kill of the database, has ended it
			k.superviseOnce()
		}
		sl.stop()
	}
	if k.cluster != nil { // its statistics end with each kill, and without them each look-up reads a whole table
		if _, err := k.store.DB().ExecContext(k.t.Context(), `ANALYZE`); err != nil {
			k.t.Error(err)
		}
	}
	sum := k.verifySubjects(k.store, k.trade.subjects)
	k.t.Logf("%+v", sum)
	if sum.accepted == 0 || sum.untouched == 0 || k.length > 0 && sum.attempts <= 3*sum.erased {
		k.t.Error("too little has happened to prove anything")
	}
	k.verifyNoWork()
	k.verifyLog()
	k.searchDisk()
	if k.length > 0 && !k.interrupted.Load() { // otherwise it was too short
		k.usage.verify(k.t)
	}
}

// verifyNoWork checks that no work and no references remain. A target that was taken back
// from a person has had more than one job.
func (k *soak) verifyNoWork() {
	var unfinished, open int
	err := k.store.DB().QueryRowContext(k.t.Context(), `SELECT
		(SELECT count(*) FROM river_job WHERE kind = 'erase_target' AND state <> 'completed'),
		(SELECT count(*) FROM targets WHERE coalesce(key, refs, first_key, first_refs) IS NOT NULL OR due_at IS NOT NULL)`).Scan(&unfinished, &open)
	if err != nil || unfinished > 0 || open > 0 {
		k.t.Errorf("%d unfinished jobs, %d targets with references or due, %v", unfinished, open, err)
	}
}

// verifyLog checks that the erasure log has every erasure, as completed.
func (k *soak) verifyLog() {
	states := k.readLog()
	for id, found := range k.erasures(k.store) {
		if states[id] != found[0].State {
			k.t.Errorf("%s is %q in the log and %s in the database", id, states[id], found[0].State)
		}
	}
}

// summarize logs what has happened.
func (k *soak) summarize() {
	k.t.Logf("%v: %s; %d targets taken back after a pause, %d without one\nmessages of the log: %s", k.age(), k.line(),
		k.takenBack("connection_resumed"), k.takenBack("connection_recovered"), k.log.String())
}

// takenBack returns how often a target that was refused went on by itself, for a reason.
func (k *soak) takenBack(reason string) (n int) {
	err := k.store.DB().QueryRowContext(k.t.Context(), `SELECT count(*) FROM evidence WHERE reason = $1`, reason).Scan(&n)
	if err != nil {
		k.t.Error(err)
	}
	return n
}

// line says in one line how far it is.
func (k *soak) line() string {
	var n int
	completed := "the database is away"
	if err := k.store.DB().QueryRowContext(k.t.Context(), `SELECT count(*) FROM erasures WHERE state = 'completed'`).Scan(&n); err == nil {
		completed = fmt.Sprintf("%d completed", n)
	}
	return fmt.Sprintf("%s, %s; %s; %s; database %d MB", k.trade.line(), completed, k.did.line(), k.usage.line(), k.databaseSize()>>20)
}

// databaseSize returns the size of the database in bytes, 0 if it is unknown.
func (k *soak) databaseSize() (size int64) {
	if k.cluster != nil {
		_ = k.store.DB().QueryRowContext(k.t.Context(), `SELECT pg_database_size(current_database())`).Scan(&size)
		return size
	}
	paths, _ := filepath.Glob(k.file() + "*")
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			size += info.Size()
		}
	}
	return size
}
