package crashtest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

// sizes of a run.
func sizes() (kills, perRound int) {
	if long() {
		return 24, 60
	}
	return 3, 40
}

// The service is killed at random moments, also while it starts, under load.
func TestServiceKilled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, r := newCrash(t, database)
		for range r.kills {
			v := s.start()
			r.load(func() {
				if r.random.IntN(4) > 0 {
					s.ready(v)
				}
				s.wait(r.moment())
				v.kill()
			})
		}
		r.finish(s.start())
	})
}

// The database server is killed at random moments under load. The service has to
// live through it.
func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, r := newCrash(t, cluster.Database(t))
	v := s.start()
	s.ready(v)
	for range r.kills {
		r.load(func() {
			s.wait(r.moment())
			if err := cluster.Kill(); err != nil {
				t.Error(err)
			}
			s.wait(r.moment())
			restart(t, cluster)
		})
	}
	select {
	case <-v.ended:
		t.Fatalf("the service did not survive its database:\n%s", v.log.tail())
	default:
	}
	r.finish(v)
}

// restart starts a server that was killed. Its old processes may take a moment to
// notice that it is gone, and a new one does not start beside them.
func restart(t *testing.T, cluster *pgtest.Cluster) {
	deadline := time.Now().Add(time.Minute)
	for {
		err := cluster.Start()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || !strings.Contains(err.Error(), "did not start") {
			t.Error(err)
			return
		}
	}
}

// crash is a run of a test: rounds of load, a kill in each.
type crash struct {
	s        *system
	kills    int
	random   *rand.Rand
	rounds   [][]*subject
	subjects []*subject
	again    []*subject // whom to ask for again in the next round
	killedAt time.Time
}

func newCrash(t *testing.T, database string) (*system, *crash) {
	kills, perRound := sizes()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := newSystem(t, database)
	s.simulate()
	s.misbehave(seed)
	// One more round than kills is never asked for.
	subjects := newSubjects((kills + 1) * perRound)
	var records []map[string]any
	for _, c := range subjects {
		records = append(records, c.record())
	}
	s.importCustomers(records...)
	r := &crash{s: s, kills: kills, random: rand.New(rand.NewPCG(seed, 99)), subjects: subjects}
	for i := range kills {
		r.rounds = append(r.rounds, subjects[i*perRound:(i+1)*perRound])
	}
	return s, r
}

// moment is a random one in the next seconds. Most of a round's requests are made
// in its first tenths.
func (r *crash) moment() time.Duration {
	x := r.random.Float64()
	most := time.Second
	if long() {
		most *= 3
	}
	return time.Duration(x * x * float64(most))
}

// load asks to delete the customers of a round while something is done to the
// service.
func (r *crash) load(disturb func()) {
	round := append(r.again, r.rounds[0]...)
	yuno := r.s.client()
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		removeAll(r.s.t.Context(), yuno, round)
	}()
	disturb()
	r.killedAt = time.Now()
	<-loaded
	r.rounds, r.again = r.rounds[1:], unanswered(round)
}

// finish lets the service bring everything to its end, and checks what it came to.
func (r *crash) finish(v *service) {
	s := r.s
	s.ready(v)
	removeAll(s.t.Context(), s.client(), r.again)
	if !long() {
		// To save time: the providers come to their senses, and the service is
		// restarted once the jobs of the last kill count as lost, which it looks for
		// when it starts, and then every 30 s.
		s.behave()
		s.wait(time.Until(r.killedAt.Add(lostAfter)))
		s.stop(v)
		v = s.start()
	}
	s.waitUntilDone(v, 3*time.Minute)
	for _, c := range r.subjects[:20] {
		c.remove(s.t.Context(), s.client())
		if c.notFound+c.accepted == 0 {
			s.t.Errorf("%s: a delete is neither accepted nor without a customer", c.id)
		}
	}
	s.waitUntilDone(v, time.Minute)
	s.stop(v)
	sum := s.verify(s.open(), r.subjects)
	s.t.Logf("%+v", sum)
	if sum.accepted == 0 || sum.attempts <= 3*sum.erased {
		s.t.Error("nothing has happened that could prove anything")
	}
}
