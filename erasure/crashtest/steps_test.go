package crashtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// killStep is a moment of an erasure at which the process is killed. The simulated
// provider holds the request of that moment, so that it lasts until the kill.
type killStep struct {
	name, provider string
	// arrange tells the provider what to hold.
	arrange func(sim *providersim.Sim, reference string)
	// reached reports whether the moment is there.
	reached func(r *stepRun) bool
	// then is what else happens, besides the kill. By default only the service is killed.
	then func(r *stepRun)

	want  string // the evidence in the end
	sent  counts
	token counts // what was sent for the token that was deleted before, if there is one
}

// counts are those of a [providersim.Record].
type counts struct{ asked, deleted, gone int }

func countsOf(r providersim.Record) counts { return counts{r.Asked, r.Deleted, r.Gone} }

func holdChecks(sim *providersim.Sim, reference string) {
	sim.Forget(reference)
	sim.MisbehaveReads(func(read string) providersim.Fault { return holdIf(read == "") })
}

func holdVerify(sim *providersim.Sim, reference string) {
	sim.MisbehaveReads(func(read string) providersim.Fault { return holdIf(read == reference) })
}

func holdIf(hold bool) providersim.Fault {
	if hold {
		return providersim.Hang()
	}
	return providersim.OK()
}

// holdDeletion holds the n-th deletion from now on, from 0.
func holdDeletion(n int, fault providersim.Fault) func(*providersim.Sim, string) {
	return func(sim *providersim.Sim, _ string) {
		sim.Script(append(make([]providersim.Fault, n), fault)...)
	}
}

func (r *stepRun) asked(n int) bool { return r.record().Asked == n }

const lostOnce = "in_progress#1 in_progress#2 "

// killSteps are the moments from the first request to the last record. What the provider
// is sent in the end is what the kill makes necessary, and no request more.
var killSteps = []killStep{
	{
		name: "CheckInFlight", provider: "stripe", arrange: holdChecks,
		reached: func(r *stepRun) bool { return r.asked(1) && r.read("/v1/balance") },
		want:    lostOnce + "already_gone#2", sent: counts{asked: 2, gone: 2},
	},
	{
		name: "DeleteNotApplied", provider: "stripe", arrange: holdDeletion(0, providersim.Hang()),
		reached: func(r *stepRun) bool { return r.asked(1) },
		want:    lostOnce + "succeeded#2 verified", sent: counts{asked: 2, deleted: 1},
	},
	{
		name: "DeleteAppliedResponseLost", provider: "stripe", arrange: holdDeletion(0, providersim.HangAfter()),
		reached: func(r *stepRun) bool { return r.record().Deleted == 1 },
		want:    lostOnce + "already_gone#2", sent: counts{asked: 2, deleted: 1, gone: 1},
	},
	{
		name: "BetweenTwoCalls", provider: "openpay", arrange: holdDeletion(1, providersim.Hang()),
		reached: func(r *stepRun) bool { return r.asked(1) },
		want:    lostOnce + "succeeded#2 verified", sent: counts{asked: 2, deleted: 1},
		token: counts{asked: 2, deleted: 1, gone: 1}, // what an attempt has done is recorded when it ends
	},
	{
		name: "DeletedAndVerifyInFlight", provider: "stripe", arrange: holdVerify,
		reached: func(r *stepRun) bool { return r.read("/v1/customers/" + r.reference) },
		want:    lostOnce + "already_gone#2", sent: counts{asked: 2, deleted: 1, gone: 1},
	},
	{
		name: "DeletedAndElsewhereAfterwards", provider: "mollie", arrange: holdDeletion(0, providersim.HangAfter()),
		reached: func(r *stepRun) bool { return r.record().Deleted == 1 },
		// Nothing is proven while the credentials reach another place: the steps between are
		// checked by unproven.
	},
	{
		name: "Recorded", provider: "stripe",
		reached: func(r *stepRun) bool { return r.target().State == erasure.TargetSucceeded },
		want:    "in_progress#1 succeeded#1 verified", sent: counts{asked: 1, deleted: 1},
	},
	{
		name: "ReopenedDeleteInFlight", provider: "stripe", arrange: holdDeletion(1, providersim.Hang()),
		reached: func(r *stepRun) bool {
			if r.target().State == erasure.TargetSucceeded && r.asked(1) {
				r.mustRun("erasures", "reopen", r.target().ID)
			}
			return r.asked(2)
		},
		want: "in_progress#1 succeeded#1 verified pending#1 in_progress#2 in_progress#3 already_gone#3",
		sent: counts{asked: 3, deleted: 1, gone: 1},
	},
	{ // the last, because it leaves a job that the next service would begin with
		name: "ReopenCommand", provider: "stripe",
		reached: func(r *stepRun) bool { return r.target().State == erasure.TargetSucceeded },
		then:    (*stepRun).killReopenCommand,
		want:    "in_progress#1 succeeded#1 verified pending#1 in_progress#2 already_gone#2",
		sent:    counts{asked: 2, deleted: 1, gone: 1},
	},
}

// stepRun is one step on a system.
type stepRun struct {
	*system
	killStep
	store        *sqlstore.Store
	v            *service
	id           string // of the customer
	reference    string
	requestsThen int // requests to the provider before the step
}

func (r *stepRun) sim() *providersim.Sim       { return r.sims[r.provider] }
func (r *stepRun) record() providersim.Record  { return r.sim().Record(r.reference) }
func (r *stepRun) target() erasure.Target      { return r.targetOf(r.store, r.id, r.provider) }
func (r *stepRun) log(format string, a ...any) { r.t.Helper(); r.t.Errorf(r.name+": "+format, a...) }
func (r *stepRun) customer() map[string]any {
	known := map[string]any{"provider": r.provider, "customer": r.reference}
	if r.provider == "openpay" {
		known["tokens"] = []string{r.reference + "_token"}
	}
	return map[string]any{"id": r.id, "email": "somebody@example.com", "providers": []any{known}}
}

// read reports whether the provider was sent a read of a path in this step.
func (r *stepRun) read(path string) bool {
	return slices.ContainsFunc(r.sim().Requests()[r.requestsThen:], func(q providersim.Request) bool {
		return q.Method == "GET" && strings.HasPrefix(q.URI, path)
	})
}

// The process is killed at each step of an erasure. After a restart every erasure ends as
// it should, the provider is asked once more at most, and the evidence says so.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s := newSystem(t, database)
		s.simulate()
		store := s.open()
		runs := make([]*stepRun, len(killSteps))
		var customers []map[string]any
		for i, step := range killSteps {
			runs[i] = &stepRun{system: s, killStep: step, store: store, id: "customer-" + step.name, reference: "ref_" + step.name}
			customers = append(customers, runs[i].customer())
		}
		s.importCustomers(customers...)
		s.setTimeout("5m") // what is held lasts until the kill
		for _, r := range runs {
			r.untilKilled()
		}
		killed := time.Now()
		s.setTimeout("5s")
		const attempt = 6 * time.Second
		s.wait(time.Until(killed.Add(2 * (attempt + 5*time.Second)))) // until the queue considers the jobs lost
		again := func() *service { return s.start("--attempt-timeout="+attempt.String(), "--keep-references=1h") }
		v := s.unproven(runs, again)
		s.waitUntilDone(v)
		v.Stop(t)
		for _, r := range runs {
			r.verify()
		}
	})
}

// setTimeout sets the time limit of a call to a provider.
func (s *system) setTimeout(limit string) {
	s.t.Helper()
	s.timeout = limit
	s.configure(s.urls())
}

// untilKilled runs a step until the process is killed.
func (r *stepRun) untilKilled() {
	r.t.Helper()
	r.requestsThen = len(r.sim().Requests())
	if r.arrange != nil {
		r.arrange(r.sim(), r.reference)
	}
	r.v = r.start("--attempt-timeout=20m", "--keep-references=1h", shortHeartbeat) // of the one that was killed before
	r.ready(r.v)
	if err := r.client(client.WithRetry(20, time.Second)).DeleteCustomer(r.t.Context(), r.id); err != nil {
		r.t.Fatal(err)
	}
	await.OK(r.t, r.name, func() error {
		if err := r.v.Running(); err != nil {
			return err
		}
		if !r.reached(r) {
			return fmt.Errorf("not yet: %+v, %s", r.record(), steps(r.target()))
		}
		return nil
	})
	r.v.Kill()
	r.sim().MisbehaveReads(nil)
	if r.then != nil {
		r.then(r)
	}
}

// killReopenCommand kills the command while it waits for a lock: nothing has changed. The
// next one succeeds.
func (r *stepRun) killReopenCommand() {
	r.t.Helper()
	tx, err := r.store.DB().BeginTx(r.t.Context(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if r.store.Engine() == sqlstore.PostgreSQL { // SQLite's one lock is held from the beginning
		if _, err := tx.ExecContext(r.t.Context(), `SELECT id FROM erasures FOR UPDATE`); err != nil {
			r.t.Fatal(err)
		}
	}
	target := r.target()
	reopen := testbinary.Start(r.t, r.command(context.Background(), "erasures", "reopen", target.ID))
	r.awaitLock()
	reopen.Kill()
	if err := tx.Rollback(); err != nil {
		r.t.Fatal(err)
	}
	if got := r.target(); got.State != erasure.TargetSucceeded || len(got.Evidence) != len(target.Evidence) {
		r.log("a command that was killed has changed the target: %+v", got)
	}
	r.mustRun("erasures", "reopen", target.ID)
}

// awaitLock waits until another session waits for a lock. SQLite does not tell.
func (r *stepRun) awaitLock() {
	r.t.Helper()
	if r.store.Engine() == sqlstore.SQLite {
		r.wait(300 * time.Millisecond)
		return
	}
	await.True(r.t, "the command waits", func() (waits bool) {
		err := r.store.DB().QueryRowContext(r.t.Context(),
			`SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())`).Scan(&waits)
		if err != nil {
			r.t.Fatal(err)
		}
		return waits
	})
}

// unproven lets mollie's credentials reach another place after the restart. What is not
// found there is not believed, and the references are kept. It returns a service whose
// credentials are right again.
func (s *system) unproven(runs []*stepRun, start func() *service) *service {
	s.t.Helper()
	r := runs[slices.IndexFunc(runs, func(r *stepRun) bool { return r.provider == "mollie" })]
	r.sim().Reach(providersim.OtherMode)
	v := start()
	await.OK(s.t, "not found without a proof", func() error {
		if err := v.Running(); err != nil {
			return err
		}
		if target := r.target(); target.Reason != erasure.ReasonNotFoundUnproven || target.State != erasure.TargetPending {
			return fmt.Errorf("it is %s (%s)", target.State, target.Reason)
		}
		return nil
	})
	var kept bool
	err := r.store.DB().QueryRowContext(s.t.Context(), `SELECT refs IS NOT NULL FROM targets WHERE id = $1`, r.target().ID).Scan(&kept)
	if err != nil || !kept {
		r.log("the references are kept: %v, %v", kept, err)
	}
	v.Stop(s.t)
	r.sim().Reach(providersim.Right)
	s.mustRun("providers", "resume", "mollie") // it may have refused 20 times
	return start()
}

// verify compares the end with what is wanted.
func (r *stepRun) verify() {
	r.t.Helper()
	target, record := r.target(), r.record()
	got, sent := steps(target), countsOf(record)
	if r.provider == "mollie" {
		if !strings.HasPrefix(got, lostOnce+"pending#2") || !strings.HasSuffix(got, fmt.Sprintf("already_gone#%d", target.Attempts)) ||
			record.Deleted != 1 || record.Asked > target.Attempts {
			r.log("evidence %s\nprovider %+v", got, record)
		}
		return
	}
	if got != r.want || sent != r.sent {
		r.log("evidence %s, want %s\nprovider %+v, want %+v", got, r.want, sent, r.sent)
	}
	if token := countsOf(r.sim().Record(r.reference + "_token")); token != r.token {
		r.log("token %+v, want %+v", token, r.token)
	}
}

// steps returns the evidence of a target in short.
func steps(target erasure.Target) string {
	var all []string
	for _, e := range target.Evidence {
		all = append(all, fmt.Sprintf("%s#%d", e.State, e.Attempt))
		if e.Verified {
			all = append(all, "verified")
		}
	}
	return strings.Join(all, " ")
}
