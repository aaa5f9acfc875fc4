package sqlstore_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestMaintenance(t *testing.T) { runOnFixtures(t, maintenanceTests) }

const month = 30 * 24 * time.Hour // the deadline of request

// keep is how long the references of targets that ended well are kept in tests.
const keep = 72 * time.Hour

// targets returns the ids of the jobs' targets, sorted.
func targets(jobs []erasure.Job) (ids []string) {
	for _, job := range jobs {
		ids = append(ids, job.TargetID)
	}
	slices.Sort(ids)
	return ids
}

// sealed returns the number of targets that have any references, or a key of them.
func (f *fixture) sealed() (n int) {
	f.Helper()
	f.must(f.DB().QueryRowContext(f.Context(), `SELECT count(*) FROM targets
		WHERE key IS NOT NULL OR refs IS NOT NULL OR first_key IS NOT NULL OR first_refs IS NOT NULL`).Scan(&n))
	return n
}

var maintenanceTests = map[string]func(*fixture){
	"ExpireFailsWhatIsOpenAfterTheDeadline": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "paddle", "stripe", "square")
		never, waiting, lost, done := e.Targets[0].ID, e.Targets[1].ID, e.Targets[2].ID, e.Targets[3].ID
		running := e.Targets[4].ID
		r := ended(f.begin(waiting, start), start, erasure.TargetPending)
		r.NextAt, r.Concern = start.Add(90*24*time.Hour), erasure.Concern{Reason: "not_found_unproven", Since: start, Count: 1}
		f.must(f.Finish(f.Context(), r, nil))
		f.begin(lost, start)
		f.finish(done, start, erasure.TargetSucceeded)
		at := start.Add(month)
		f.begin(running, at.Add(-time.Second))
		expired, err := f.Expire(f.Context(), at.Add(-time.Microsecond), at.Add(-time.Minute), at)
		f.must(err)
		equal(f, "expired before the deadline", targets(expired), nil)

		all := []string{never, waiting, lost}
		slices.Sort(all)
		for _, want := range [][]string{all, nil} { // the second time there are none
			expired, err = f.Expire(f.Context(), at, at.Add(-time.Minute), at)
			f.must(err)
			equal(f, "expired", targets(expired), want)
		}
		got := f.stored(e.ID)
		equal(f, "erasure, with an attempt in progress", got.State, erasure.ErasureInProgress)
		for i, reason := range []string{"deadline_passed", "because", "deadline_passed"} {
			target := got.Targets[i]
			equal(f, "state", target.State, erasure.TargetFailed)
			equal(f, "reason", target.Reason, reason)
			last := target.Evidence[len(target.Evidence)-1]
			equal(f, "evidence", last, erasure.Evidence{At: at, State: erasure.TargetFailed, Reason: reason, Status: target.Status, Attempt: target.Attempts})
		}
		_, err = f.Begin(f.Context(), never, at.Add(time.Hour))
		f.wantErr(err, erasure.ErrSuperseded)
		escalated, err := f.Escalate(f.Context(), at, at)
		f.must(err)
		equal(f, "escalated after it failed", targets(escalated), nil)
		f.must(f.Retry(f.Context(), []string{never}, at, at.Add(time.Hour), enqueue))
		attempt := f.begin(never, at)
		equal(f, "references", attempt.Progress.References, references("adyen", "c1"))
		equal(f, "lost, without an attempt before", attempt.Progress.Lost, false)
		f.must(f.Retry(f.Context(), []string{lost}, at, at.Add(time.Hour), enqueue))
		equal(f, "lost", f.begin(lost, at).Progress.Lost, true)
	},
	"ExpireFailsTheTargetsOfAnErasureOnceItIsOver": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		f.finish(e.Targets[0].ID, start, erasure.TargetSucceeded)
		at := start.Add(month)
		_, err := f.Expire(f.Context(), at, at, at)
		f.must(err)
		got := f.stored(e.ID)
		equal(f, "erasure", got.State, erasure.ErasureAttentionRequired)
		equal(f, "final at", got.FinalAt, at)
	},
	"ExpireGivesTheReasonOfOneThatWasNotAskedAgain": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe", "adyen"}, start))
		resumed, recovered := f.accept("c1", "adyen"), f.accept("c2", "stripe")
		f.refuse(resumed.Targets[0].ID, erasure.ReasonKeyRefused, start)
		f.refuse(recovered.Targets[0].ID, erasure.ReasonKeyRefused, start)
		_, _, err := f.ResumeConnection(f.Context(), resumption("adyen", start), enqueue)
		f.must(err)
		f.wantRecovered("taken back", recovery(start.Add(time.Second)), recovered.Targets[0].ID)
		_, err = f.Expire(f.Context(), start.Add(month), start, start.Add(month))
		f.must(err)
		for _, e := range []erasure.Erasure{resumed, recovered} {
			equal(f, "reason", f.stored(e.ID).Targets[0].Reason, erasure.ReasonDeadlinePassed)
		}
	},
	"ExpireRespectsWhatARetryGrants": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		longer, shorter := e.Targets[0].ID, e.Targets[1].ID
		f.finish(longer, start, erasure.TargetFailed)
		f.finish(shorter, start, erasure.TargetFailed)
		f.must(f.Retry(f.Context(), []string{longer}, start, start.Add(2*month), enqueue))
		f.must(f.Retry(f.Context(), []string{shorter}, start, start.Add(time.Hour), enqueue))
		for _, test := range []struct {
			at   time.Duration
			want []string
		}{{time.Hour - 1000, nil}, {time.Hour, []string{shorter}}, {month, nil}, {2 * month, []string{longer}}} {
			at := start.Add(test.at)
			expired, err := f.Expire(f.Context(), at, at, at)
			f.must(err)
			equal(f, "expired at "+test.at.String(), targets(expired), test.want)
		}
		list, err := f.ListErasures(f.Context(), erasure.ErasureFilter{OverdueAt: start.Add(month + time.Second)})
		f.must(err)
		equal(f, "overdue, counted from acceptance", len(list), 1)
	},
	"EscalateNeedsNoAttempt": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "stripe")
		for i, concern := range []erasure.Concern{
			{Reason: erasure.ReasonNotFoundUnproven, Since: start, Count: 3},
			{Reason: erasure.ReasonUnexpectedAnswer, Since: start, Count: 2},
			{Reason: erasure.ReasonStillThere, Since: start.Add(time.Second), Count: 1},
		} {
			r := ended(f.begin(e.Targets[i].ID, start), start, erasure.TargetPending)
			r.NextAt, r.Concern = start.Add(time.Hour), concern
			f.must(f.Finish(f.Context(), r, nil))
		}
		equal(f, "concern", f.begin(e.Targets[0].ID, start.Add(time.Hour)).Concern,
			erasure.Concern{Reason: erasure.ReasonNotFoundUnproven, Since: start, Count: 3})
		escalated, err := f.Escalate(f.Context(), start, start.Add(2*time.Hour))
		f.must(err)
		equal(f, "escalated, without an attempt in progress", targets(escalated), []string{e.Targets[1].ID})
		target := f.stored(e.ID).Targets[1]
		equal(f, "state", target.State, erasure.TargetActionRequired)
		equal(f, "reason", target.Reason, erasure.ReasonUnexpectedAnswerRepeated)
		f.must(f.Retry(f.Context(), []string{target.ID}, start, start.Add(month), enqueue))
		equal(f, "concern after a retry", f.begin(target.ID, start).Concern, erasure.Concern{})
	},
	"PurgeDestroysReferencesWhenTheirTimeIsOver": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		for i, state := range []erasure.TargetState{erasure.TargetSucceeded, erasure.TargetAlreadyGone} {
			r := ended(f.begin(e.Targets[i].ID, start), start, state)
			r.Keep = keep
			f.must(f.Finish(f.Context(), r, nil))
		}
		for _, test := range []struct {
			after        time.Duration
			purged, left int
		}{{keep - 1000, 0, 2}, {keep, 2, 0}, {2 * keep, 0, 0}} {
			n, err := f.Purge(f.Context(), start.Add(test.after))
			f.must(err)
			equal(f, "purged after "+test.after.String(), n, test.purged)
			equal(f, "left", f.sealed(), test.left)
		}
	},
	"NoEndKeepsTheReferencesThatATargetHadAtFirst": func(f *fixture) {
		purged := f.accept("c1", "stripe").Targets[0].ID
		f.succeed(purged, erasure.TargetSucceeded)
		resolved := f.accept("c2", "stripe").Targets[0].ID
		f.succeed(resolved, erasure.TargetActionRequired)
		equal(f, "sealed", f.sealed(), 2)
		_, err := f.Purge(f.Context(), start.Add(time.Minute+keep))
		f.must(err)
		equal(f, "sealed after a purge", f.sealed(), 1)
		f.must(f.Resolve(f.Context(), resolved, "by hand", start))
		equal(f, "sealed after it was resolved", f.sealed(), 0)
	},
	"PurgeLeavesWhatIsBeingReopened": func(f *fixture) {
		if f.Engine() == sqlstore.SQLite {
			f.Skip("one transaction at a time")
		}
		e := f.accept("c1", "stripe")
		id := e.Targets[0].ID
		r := ended(f.begin(id, start), start, erasure.TargetSucceeded)
		r.Keep = keep
		f.must(f.Finish(f.Context(), r, nil))
		at := start.Add(keep)
		f.must(f.Reopen(f.Context(), []string{id}, at, at.Add(month), func(ctx context.Context, tx *sql.Tx, _ []erasure.Job) error {
			// A Purge that waited for this transaction would destroy the references after it.
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			n, err := f.Purge(ctx, at)
			equal(f, "purged", n, 0)
			return err
		}))
		equal(f, "references", f.begin(id, at).Progress.References, references("stripe", "c1"))
	},
	"NotSupportedKeepsNothing": func(f *fixture) {
		r := ended(f.begin(f.accept("c1", "stripe").Targets[0].ID, start), start, erasure.TargetNotSupported)
		r.Keep = keep
		f.must(f.Finish(f.Context(), r, nil))
		var left int
		f.must(f.DB().QueryRowContext(f.Context(), `SELECT count(*) FROM targets WHERE key IS NOT NULL OR purge_at IS NOT NULL`).Scan(&left))
		equal(f, "left", left, 0)
	},
}
