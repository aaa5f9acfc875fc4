package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestConnections(t *testing.T) { runOnFixtures(t, connectionTests) }

// refuse makes an attempt that ends action_required with a reason.
func (f *fixture) refuse(targetID, reason string, at time.Time) {
	f.Helper()
	r := ended(f.begin(targetID, at), at, erasure.TargetActionRequired)
	r.Reason, r.Status = reason, 401
	f.must(f.Finish(f.Context(), r, nil))
}

// resumption ends any pause.
func resumption(name string, at time.Time) erasure.ResumeRequest {
	return erasure.ResumeRequest{Name: name, At: at, ByHand: true}
}

func (f *fixture) connection(name string) erasure.ConnectionState {
	f.Helper()
	list, err := f.Connections(f.Context())
	f.must(err)
	for _, c := range list {
		if c.Name == name {
			return c
		}
	}
	return erasure.ConnectionState{}
}

var connectionTests = map[string]func(*fixture){
	"AreKnownOnceTheyAreSeen": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), nil, start))
		f.must(f.SeeConnections(f.Context(), []string{"stripe", "adyen"}, start))
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start.Add(time.Minute)))
		list, err := f.Connections(f.Context())
		f.must(err)
		equal(f, "connections", list, []erasure.ConnectionState{{Name: "adyen", SeenAt: start}, {Name: "stripe", SeenAt: start.Add(time.Minute)}})
	},
	"NothingBeginsWhilePaused": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe", "adyen"}, start))
		e := f.accept("c1", "adyen", "stripe")
		lost := f.accept("c2", "stripe").Targets[0].ID
		f.begin(lost, start)
		over, later := f.accept("c3", "stripe").Targets[0].ID, f.accept("c4", "stripe").Targets[0].ID
		f.finish(over, start, erasure.TargetSucceeded)
		r := ended(f.begin(later, start), start, erasure.TargetPending)
		r.NextAt = start.Add(month)
		f.must(f.Finish(f.Context(), r, nil))
		at := start.Add(time.Hour)
		paused, err := f.PauseConnection(f.Context(), erasure.PauseRequest{Name: "stripe", At: at, Reason: "key_refused"})
		f.must(err)
		equal(f, "paused", paused, true)
		for _, id := range []string{e.Targets[1].ID, lost} {
			_, err := f.Begin(f.Context(), id, at)
			var notDue *erasure.NotDueError
			if !errors.As(err, &notDue) || !notDue.NextAt.Equal(at.Add(10*time.Second)) {
				f.Errorf("got %v, want not due for ten seconds", err)
			}
		}
		_, err = f.Begin(f.Context(), over, at)
		f.wantErr(err, erasure.ErrSuperseded) // its job ends
		_, err = f.Begin(f.Context(), later, at)
		if notDue := (*erasure.NotDueError)(nil); !errors.As(err, &notDue) || !notDue.NextAt.Equal(r.NextAt) {
			f.Errorf("got %v, want not due until then", err)
		}
		equal(f, "evidence of a target that is held", len(f.stored(e.ID).Targets[1].Evidence), 0)
		f.begin(e.Targets[0].ID, at) // another connection
		list, err := f.Stranded(f.Context(), at.Add(time.Hour), nil, 10)
		f.must(err)
		equal(f, "stranded, without the paused", len(list), 1)

		_, resumed, err := f.ResumeConnection(f.Context(), resumption("stripe", at), enqueue)
		f.must(err)
		equal(f, "resumed", resumed, true)
		f.begin(e.Targets[1].ID, at)
		_, resumed, err = f.ResumeConnection(f.Context(), resumption("stripe", at), enqueue)
		f.must(err)
		equal(f, "resumed again", resumed, false)
	},
	"AnOperatorsPauseIsStronger": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		for _, step := range []struct {
			byHand, want bool
			state        erasure.ConnectionState
		}{
			{false, true, erasure.ConnectionState{Pauses: 1}},
			{false, false, erasure.ConnectionState{Pauses: 1}},
			{true, true, erasure.ConnectionState{Pauses: 1, ByHand: true}},
			{false, false, erasure.ConnectionState{Pauses: 1, ByHand: true}},
			{true, false, erasure.ConnectionState{Pauses: 1, ByHand: true}},
		} {
			r := erasure.PauseRequest{Name: "stripe", At: start, Reason: "why", ByHand: step.byHand}
			paused, err := f.PauseConnection(f.Context(), r)
			f.must(err)
			equal(f, "changed", paused, step.want)
			want := step.state
			want.Name, want.SeenAt, want.PausedAt, want.Reason = "stripe", start, start, "why"
			equal(f, "state", f.connection("stripe"), want)
		}
		f.must(f.TrustConnection(f.Context(), "stripe"))
		equal(f, "pauses after a success", f.connection("stripe").Pauses, 0)
	},
	"AnOperatorsPauseSurvivesAResumptionThatRuns": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		for _, byHand := range []bool{false, true} {
			_, err := f.PauseConnection(f.Context(), erasure.PauseRequest{Name: "stripe", At: start, ByHand: byHand})
			f.must(err)
			_, resumed, err := f.ResumeConnection(f.Context(), erasure.ResumeRequest{Name: "stripe", At: start}, enqueue)
			f.must(err)
			equal(f, "resumed", resumed, !byHand)
			equal(f, "paused", f.connection("stripe").Paused(), byHand)
		}
	},
	"UnknownOnesAreNotFound": func(f *fixture) {
		for _, name := range []string{"", "unknown", "\x00"} {
			_, err := f.PauseConnection(f.Context(), erasure.PauseRequest{Name: name, At: start})
			f.wantErr(err, erasure.ErrNotFound)
			_, _, err = f.ResumeConnection(f.Context(), resumption(name, start), enqueue)
			f.wantErr(err, erasure.ErrNotFound)
		}
	},
	"ResumingTakesBackWhatWasRefused": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		e := f.accept("c1", "adyen", "stripe")
		other, refused := e.Targets[0].ID, e.Targets[1].ID
		asked := f.accept("c2", "stripe").Targets[0].ID
		f.refuse(refused, erasure.ReasonKeyRefused, start)
		f.refuse(other, erasure.ReasonKeyRefused, start)
		f.refuse(asked, "request_refused", start) // for a reason of the customer's
		_, err := f.DB().ExecContext(f.Context(), `DELETE FROM fixture_jobs`)
		f.must(err)
		_, err = f.PauseConnection(f.Context(), erasure.PauseRequest{Name: "stripe", At: start, Reason: "key_refused"})
		f.must(err)
		at := e.Deadline.Add(time.Hour) // the key was replaced late
		broken := errors.New("broken")
		_, _, err = f.ResumeConnection(f.Context(), resumption("stripe", at), func(context.Context, *sql.Tx, []erasure.Job) error { return broken })
		f.wantErr(err, broken)
		equal(f, "paused, after a failure", f.connection("stripe").Paused(), true)
		jobs, _, err := f.ResumeConnection(f.Context(), resumption("stripe", at), enqueue)
		f.must(err)
		equal(f, "taken back", targets(jobs), []string{refused})
		equal(f, "jobs", f.jobs(), []erasure.Job{{TargetID: refused, Provider: "stripe"}})
		target := f.stored(e.ID).Targets[1]
		equal(f, "state", target.State, erasure.TargetPending)
		equal(f, "evidence", target.Evidence[2], erasure.Evidence{At: at, State: erasure.TargetPending, Reason: "connection_resumed", Attempt: 1})
		expired, err := f.Expire(f.Context(), at, at, at)
		f.must(err)
		equal(f, "expired at once", targets(expired), nil)
		equal(f, "references", f.begin(refused, at).Progress.References, references("stripe", "c1"))
	},
	"RefusalsThatWereOvertaken": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"adyen", "stripe"}, start))
		resumed := start.Add(time.Hour)
		ids := map[string]string{}
		finish := map[string]erasure.FinishRequest{}
		for _, c := range []struct {
			name, provider, reason string
			begins                 time.Time
		}{
			{"in-flight", "stripe", erasure.ReasonKeyRefused, resumed.Add(-time.Second)},
			{"unconfirmed", "stripe", erasure.ReasonNotFoundUnconfirmed, resumed.Add(-time.Second)},
			{"of-the-customer", "stripe", "request_refused", resumed.Add(-time.Second)},
			{"elsewhere", "adyen", erasure.ReasonKeyRefused, resumed.Add(-time.Second)},
			{"afterwards", "stripe", erasure.ReasonKeyRefused, resumed},
		} {
			ids[c.name] = f.accept("c-"+c.name, c.provider).Targets[0].ID
			r := ended(f.begin(ids[c.name], c.begins), resumed.Add(time.Second), erasure.TargetActionRequired)
			r.Reason = c.reason
			finish[c.name] = r
		}
		_, err := f.PauseConnection(f.Context(), erasure.PauseRequest{Name: "stripe", At: resumed.Add(-time.Millisecond), Reason: "key_refused"})
		f.must(err)
		_, _, err = f.ResumeConnection(f.Context(), resumption("stripe", resumed), enqueue)
		f.must(err)
		for _, r := range finish { // all of them end after that
			f.must(f.Finish(f.Context(), r, nil))
		}
		_, err = f.DB().ExecContext(f.Context(), `DELETE FROM fixture_jobs`)
		f.must(err)
		at := resumed.Add(time.Minute)
		want := []erasure.Job{{TargetID: ids["in-flight"], Provider: "stripe"}, {TargetID: ids["unconfirmed"], Provider: "stripe"}}
		for _, test := range []struct {
			since time.Time
			want  []string
		}{{resumed.Add(time.Second), nil}, {start, targets(want)}, {start, nil}} {
			jobs, err := f.Overtaken(f.Context(), test.since, at, enqueue)
			f.must(err)
			equal(f, "overtaken", targets(jobs), test.want)
		}
		equal(f, "jobs", len(f.jobs()), 2)
		// Refused again, by an attempt from after the pause: a person has to act.
		r := ended(f.begin(ids["in-flight"], at), at, erasure.TargetActionRequired)
		r.Reason = erasure.ReasonKeyRefused
		f.must(f.Finish(f.Context(), r, nil))
		jobs, err := f.Overtaken(f.Context(), start, at.Add(time.Minute), enqueue)
		f.must(err)
		equal(f, "overtaken again", targets(jobs), nil)
	},
	"TakingBackShortensNoDeadline": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		e := f.accept("c1", "stripe")
		f.refuse(e.Targets[0].ID, erasure.ReasonKeyRefused, start)
		f.must(f.Retry(f.Context(), []string{e.Targets[0].ID}, start, start.Add(2*month), enqueue))
		f.refuse(e.Targets[0].ID, erasure.ReasonKeyRefused, start)
		_, _, err := f.ResumeConnection(f.Context(), resumption("stripe", start), enqueue)
		f.must(err)
		equal(f, "granted until", f.stored(e.ID).Targets[0].GrantedUntil, start.Add(2*month))
	},
	"DoubtsDoNotOutliveTheConnection": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		r := ended(f.begin(id, start), start, erasure.TargetPending)
		r.Concern = erasure.Concern{Reason: erasure.ReasonNotFoundUnproven, Since: start, Count: 1}
		f.must(f.Finish(f.Context(), r, nil))
		at := start.Add(time.Hour)
		_, err := f.Orphan(f.Context(), at, at)
		f.must(err)
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, at))
		_, err = f.Reunite(f.Context(), at, at, enqueue)
		f.must(err)
		escalated, err := f.Escalate(f.Context(), at, at)
		f.must(err)
		equal(f, "escalated", targets(escalated), nil)
		equal(f, "concern", f.begin(id, at).Concern, erasure.Concern{})
	},
	"TargetsFollowTheirConnection": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "stripe")
		adyen, stripe := e.Targets[0].ID, e.Targets[2].ID
		f.begin(stripe, start) // by a process that was killed then
		at := start.Add(2 * time.Minute)
		since := at.Add(-time.Minute)
		f.must(f.SeeConnections(f.Context(), []string{"mollie"}, since))
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, since.Add(-time.Microsecond)))
		orphans, err := f.Orphan(f.Context(), since, at)
		f.must(err)
		want := targets([]erasure.Job{{TargetID: adyen}, {TargetID: stripe}})
		equal(f, "orphans", targets(orphans), want)
		for _, i := range []int{0, 2} {
			target := f.stored(e.ID).Targets[i]
			equal(f, "state", target.State, erasure.TargetActionRequired)
			equal(f, "reason", target.Reason, "provider_not_configured")
		}
		jobs, err := f.Reunite(f.Context(), since, at, enqueue)
		f.must(err)
		equal(f, "reunited without a process", targets(jobs), nil)

		at = at.Add(time.Hour)
		f.must(f.SeeConnections(f.Context(), []string{"stripe", "adyen"}, at))
		jobs, err = f.Reunite(f.Context(), at.Add(-time.Minute), at, enqueue)
		f.must(err)
		equal(f, "reunited", targets(jobs), want)
		equal(f, "lost attempt", f.begin(stripe, at).Progress.Lost, true)
		equal(f, "no attempt", f.begin(adyen, at).Progress.Lost, false)
		orphans, err = f.Orphan(f.Context(), at.Add(-time.Minute), at)
		f.must(err)
		equal(f, "orphans afterwards", targets(orphans), []string{e.Targets[1].ID}) // mollie has left
	},
	"HurryOnlyWhatWaitsForProof": func(f *fixture) {
		proven := start.Add(time.Minute)
		ids := map[string]string{}
		for _, c := range []struct {
			name, provider, concern string
			at                      time.Time
		}{
			{"waits", "stripe", erasure.ReasonNotFoundUnproven, start},
			{"elsewhere", "adyen", erasure.ReasonNotFoundUnproven, start},
			{"unexpected", "stripe", erasure.ReasonUnexpectedAnswer, start},
			{"afterwards", "stripe", erasure.ReasonNotFoundUnproven, proven},
		} {
			ids[c.name] = f.accept("c-"+c.name, c.provider).Targets[0].ID
			r := ended(f.begin(ids[c.name], c.at), c.at, erasure.TargetPending)
			r.NextAt, r.Concern = start.Add(6*time.Hour), erasure.Concern{Reason: c.concern, Since: start, Count: 1}
			f.must(f.Finish(f.Context(), r, nil))
		}
		_, err := f.DB().ExecContext(f.Context(), `DELETE FROM fixture_jobs`)
		f.must(err)
		at := start.Add(time.Hour)
		for _, want := range []int{1, 0} {
			n, err := f.Hurry(f.Context(), "stripe", proven, at, enqueue)
			f.must(err)
			equal(f, "hurried", n, want)
		}
		equal(f, "jobs", f.jobs(), []erasure.Job{{TargetID: ids["waits"], Provider: "stripe"}})
		f.begin(ids["waits"], at)
	},
	"WorkingHasOpenTargets": func(f *fixture) {
		f.finish(f.accept("c1", "adyen").Targets[0].ID, start, erasure.TargetSucceeded)
		f.accept("c2", "stripe")
		f.accept("c3", "stripe")
		working, err := f.Working(f.Context())
		f.must(err)
		equal(f, "working", working, map[string]bool{"stripe": true})
	},
}
