package crashtest

import (
	"cmp"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

// The service is killed at random moments under load, also while it starts.
func TestServiceKilled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, r := newCrash(t, database)
		for range r.kills {
			v := s.start()
			r.load(func() {
				if r.random.IntN(4) > 0 {
					s.ready(v)
					r.progress(v)
				}
				s.wait(r.moment())
				v.Kill()
			})
		}
		r.finish(s.start())
	})
}

// The database server is killed at random moments under load. The service has to
// survive that.
func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, r := newCrash(t, cluster.Database(t))
	v := s.start()
	s.ready(v)
	for range r.kills {
		r.load(func() {
			r.progress(v)
			s.wait(r.moment())
			if err := cluster.Kill(); err != nil {
				t.Error(err)
			}
			s.wait(r.moment())
			restart(t, cluster)
		})
	}
	if err := v.Running(); err != nil {
		t.Fatalf("the service did not survive its database: %v", err)
	}
	r.finish(v)
}

// restart starts a server that was killed. Its old processes may take a moment to
// notice that it is gone, and a new server does not start beside them.
func restart(t testing.TB, cluster *pgtest.Cluster) {
	t.Helper()
	await.OK(t, "the database starts again", cluster.Start)
}

// crash is the state of a test: rounds of load, with a kill in each.
type crash struct {
	s        *system
	kills    int
	random   *rand.Rand
	rounds   [][]*subject // yet to come
	subjects []*subject
	again    []*subject // to be deleted again in the next round
	began    int64      // s.events when the round began
	killedAt time.Time
}

func newCrash(t *testing.T, database string) (*system, *crash) {
	kills, perRound := 3, 40
	if long() {
		kills, perRound = 24, 60
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := newSystem(t, database)
	s.simulate()
	s.misbehave(seed)
	subjects := newSubjects((kills + 1) * perRound) // the last round is never deleted
	s.importCustomers(records(subjects)...)
	r := &crash{s: s, kills: kills, random: rand.New(rand.NewPCG(seed, 99)), subjects: subjects}
	for i := range kills {
		r.rounds = append(r.rounds, subjects[i*perRound:(i+1)*perRound])
	}
	return s, r
}

// progress waits until the round has had a random number of events, at most one for
// each of its deletes. A kill then hits a service at work, however fast it works.
func (r *crash) progress(v *service) {
	x := r.random.Float64()
	goal := r.began + int64(x*x*float64(len(r.rounds[0])))
	await.OK(r.s.t, "the service works", func() error {
		if left := goal - r.s.events.Load(); left > 0 {
			return cmp.Or(v.Running(), await.Remaining(int(left)))
		}
		return nil
	})
}

// moment is a random time within the next second, or three in the long form.
func (r *crash) moment() time.Duration {
	x := r.random.Float64()
	most := time.Second
	if long() {
		most *= 3
	}
	return time.Duration(x * x * float64(most))
}

// load deletes the customers of a round while disturb does something to the service.
func (r *crash) load(disturb func()) {
	round := append(r.again, r.rounds[0]...)
	r.began = r.s.events.Load()
	yuno := r.s.client()
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		r.s.deleteAll(yuno, round)
	}()
	disturb()
	r.killedAt = time.Now()
	<-loaded
	r.rounds, r.again = r.rounds[1:], unsettled(round)
}

// finish lets the service complete everything, and verifies the result.
func (r *crash) finish(v *service) {
	s := r.s
	s.ready(v)
	s.deleteAll(s.client(), r.again)
	await.OK(s.t, "the providers have failed often enough", func() error {
		if left := 20 - s.faults.Load(); left > 0 {
			return await.Remaining(int(left))
		}
		return nil
	})
	if !long() {
		// To save time, the providers stop failing, and the service is restarted once
		// the jobs of the last kill count as lost: it looks for such jobs when it
		// starts, and then every 30 s.
		s.behave()
		s.wait(time.Until(r.killedAt.Add(lostAfter)))
		v.Stop(s.t)
		v = s.start()
	}
	s.waitUntilDone(v)
	for _, c := range r.subjects[:20] {
		c.delete(s.t.Context(), s.client())
		if !c.settled() {
			s.t.Errorf("%s: no delete was accepted or found no customer", c.id)
		}
	}
	s.waitUntilDone(v)
	v.Stop(s.t)
	sum := s.verify(s.open(), r.subjects)
	s.t.Logf("%+v", sum)
	if sum.accepted == 0 || sum.attempts <= 3*sum.erased {
		s.t.Error("too little has happened to prove anything")
	}
}
