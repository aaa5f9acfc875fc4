package sqlstore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
)

func TestReopen(t *testing.T) { runOnFixtures(t, reopenTests) }

// succeed makes two attempts at a target: the first leaves one reference, the second
// ends well. The references are kept.
func (f *fixture) succeed(targetID string, state erasure.TargetState) {
	f.Helper()
	r := ended(f.begin(targetID, start), start, erasure.TargetPending)
	r.Keep = keep
	r.Progress = &erasure.Progress{References: erasure.References{Payments: []string{"payment-left"}}, Done: []string{"cards"}}
	f.must(f.Finish(f.Context(), r, nil))
	at := start.Add(time.Minute)
	r = ended(f.begin(targetID, at), at, state)
	r.Keep, r.Verified = keep, true
	f.must(f.Finish(f.Context(), r, nil))
}

var reopenTests = map[string]func(*fixture){
	"AsksWithAllReferences": func(f *fixture) {
		for _, state := range []erasure.TargetState{erasure.TargetSucceeded, erasure.TargetAlreadyGone} {
			e := f.accept("c-"+string(state), "adyen", "stripe")
			f.finish(e.Targets[0].ID, start, erasure.TargetSucceeded)
			id := e.Targets[1].ID
			f.succeed(id, state)
			target := f.stored(e.ID).Targets[1]
			equal(f, "reopenable until", target.ReopenableUntil, start.Add(time.Minute+keep))

			at := start.Add(keep)
			f.must(f.Reopen(f.Context(), []string{id}, at, at.Add(month), enqueue))
			got := f.stored(e.ID)
			equal(f, "erasure", got.State, erasure.ErasureInProgress)
			equal(f, "deadline, which does not move", got.Deadline, e.Deadline)
			target = got.Targets[1]
			equal(f, "state", target.State, erasure.TargetPending)
			equal(f, "verified", target.Verified, false)
			equal(f, "reopenable until", target.ReopenableUntil, time.Time{})
			equal(f, "granted until", target.GrantedUntil, at.Add(month))
			equal(f, "evidence", target.Evidence[4], erasure.Evidence{At: at, State: erasure.TargetPending, Reason: "reopened_by_operator", Attempt: 2})
			equal(f, "progress", f.begin(id, at).Progress, erasure.Progress{References: references("stripe", "c-"+string(state))})
			n, err := f.Purge(f.Context(), at.Add(month))
			f.must(err)
			equal(f, "purged while it is open", n, 0)
		}
	},
	"ForgetsThatAnAttemptWasLost": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		f.begin(id, start) // by a process that was killed then
		r := ended(f.begin(id, start), start, erasure.TargetSucceeded)
		r.Keep = keep
		f.must(f.Finish(f.Context(), r, nil))
		f.must(f.Reopen(f.Context(), []string{id}, start, start.Add(month), enqueue))
		equal(f, "lost", f.begin(id, start).Progress.Lost, false)
	},
	"IsAllOrNothing": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "paddle", "stripe")
		kept, destroyed, unsupported, open := e.Targets[0].ID, e.Targets[1].ID, e.Targets[2].ID, e.Targets[3].ID
		f.succeed(kept, erasure.TargetSucceeded)
		f.finish(destroyed, start, erasure.TargetSucceeded)
		f.finish(unsupported, start, erasure.TargetNotSupported)
		for _, other := range []string{destroyed, unsupported, open} {
			f.wantErr(f.Reopen(f.Context(), []string{kept, other}, start, start, enqueue), erasure.ErrNotReopenable)
		}
		f.wantErr(f.Reopen(f.Context(), []string{kept, "unknown"}, start, start, enqueue), erasure.ErrNotFound)
		f.wantErr(f.Reopen(f.Context(), []string{"\x00"}, start, start, enqueue), erasure.ErrNotFound)
		equal(f, "state", f.stored(e.ID).Targets[0].State, erasure.TargetSucceeded)
		n, err := f.Purge(f.Context(), start.Add(2*keep))
		f.must(err)
		equal(f, "purged", n, 1)
		f.wantErr(f.Reopen(f.Context(), []string{kept}, start, start, enqueue), erasure.ErrNotReopenable)
	},
	"IsNotForWhatAPersonResolved": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		f.finish(id, start, erasure.TargetActionRequired)
		f.must(f.Resolve(f.Context(), id, "by hand", start))
		f.wantErr(f.Reopen(f.Context(), []string{id}, start, start, enqueue), erasure.ErrNotReopenable)
	},
	"ReferencesAreShownToAPersonAndRecorded": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "stripe")
		f.finish(e.Targets[0].ID, start, erasure.TargetActionRequired)
		f.finish(e.Targets[1].ID, start, erasure.TargetFailed)
		f.succeed(e.Targets[2].ID, erasure.TargetSucceeded)
		at := start.Add(time.Hour)
		shown, err := f.ShowReferences(f.Context(), e.ID, at)
		f.must(err)
		equal(f, "shown", shown, map[string]erasure.References{
			e.Targets[0].ID: references("adyen", "c1"), e.Targets[1].ID: references("mollie", "c1"),
		})
		got := f.stored(e.ID)
		for i, state := range []erasure.TargetState{erasure.TargetActionRequired, erasure.TargetFailed} {
			equal(f, "reason", got.Targets[i].Reason, "because")
			equal(f, "evidence", got.Targets[i].Evidence[2:], []erasure.Evidence{{At: at, State: state, Reason: "references_shown", Attempt: 1}})
		}
		equal(f, "evidence of the one that was not shown", len(got.Targets[2].Evidence), 4)
		for _, id := range []string{"unknown", "\x00"} {
			_, err = f.ShowReferences(f.Context(), id, at)
			f.wantErr(err, erasure.ErrNotFound)
		}
	},
	"ReferencesAreShownBesideLostOnes": func(f *fixture) {
		log := func() []erasure.Change {
			other := newFixture(f.T, engines.New(f.T, "SQLite"))
			other.accept("c1", "adyen", "stripe")
			return other.export()
		}()
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}))
		_, err := f.Reapply(f.Context(), log, start, enqueue)
		f.must(err)
		targets := f.stored(log[0].ID).Targets // adyen's references were in the lost database only
		f.finish(targets[1].ID, start, erasure.TargetFailed)
		shown, err := f.ShowReferences(f.Context(), log[0].ID, start)
		f.must(err)
		equal(f, "shown", shown, map[string]erasure.References{targets[1].ID: references("stripe", "c1")})
	},
	"FiltersFindWhatNeedsAPerson": func(f *fixture) {
		a, b, c := f.accept("c1", "adyen", "stripe"), f.accept("c2", "stripe"), f.accept("c3", "stripe")
		f.refuse(a.Targets[0].ID, "key_refused", start)
		f.refuse(b.Targets[0].ID, "key_refused", start)
		f.refuse(c.Targets[0].ID, "request_refused", start)
		for _, test := range []struct {
			filter erasure.ErasureFilter
			want   []string
		}{
			{erasure.ErasureFilter{Provider: "adyen"}, []string{a.ID}},
			{erasure.ErasureFilter{Reason: "key_refused"}, []string{b.ID, a.ID}},
			{erasure.ErasureFilter{Provider: "stripe", Reason: "key_refused"}, []string{b.ID}}, // not a's other target
			{erasure.ErasureFilter{Provider: "stripe", State: erasure.ErasureAttentionRequired}, []string{c.ID, b.ID}},
			{erasure.ErasureFilter{Reason: "\x00"}, nil},
			{erasure.ErasureFilter{AtRiskAt: start.Add(month/2 - 1000)}, nil},
			{erasure.ErasureFilter{AtRiskAt: start.Add(month / 2)}, []string{c.ID, b.ID, a.ID}},
		} {
			test.filter.WithTargets = true
			list, err := f.ListErasures(f.Context(), test.filter)
			f.must(err)
			var ids []string
			for _, e := range list {
				ids = append(ids, e.ID)
				equal(f, "targets", len(e.Targets) > 0, true)
			}
			slices.Sort(ids)
			slices.Sort(test.want)
			equal(f, "list", ids, test.want)
			n, err := f.CountErasures(f.Context(), test.filter)
			f.must(err)
			equal(f, "count", n, len(test.want))
		}
		filter := erasure.TargetFilter{Reason: "key_refused"}
		n, err := f.CountNeedingAttention(f.Context(), filter)
		f.must(err)
		equal(f, "targets", n, 2)
		first, err := f.NeedingAttention(f.Context(), filter, "", 1)
		f.must(err)
		rest, err := f.NeedingAttention(f.Context(), filter, first[0], 10)
		f.must(err)
		equal(f, "pages", targets([]erasure.Job{{TargetID: first[0]}, {TargetID: rest[0]}}),
			targets([]erasure.Job{{TargetID: a.Targets[0].ID}, {TargetID: b.Targets[0].ID}}))
		equal(f, "rest", len(rest), 1)
	},
}
