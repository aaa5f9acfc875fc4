package sqlstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestActions(t *testing.T) { runOnFixtures(t, actionTests) }

// by returns a context of one action of ada's.
func (f *fixture) by(selection string) context.Context {
	return sqlstore.WithActor(f.Context(), erasure.Actor{Name: "ada", Via: erasure.ViaPage, Selection: selection})
}

// actions returns the actions that match a filter, without their ids, oldest first.
func (f *fixture) actions(filter erasure.ActionFilter) (list []erasure.Action) {
	f.Helper()
	found, err := f.ListActions(f.Context(), filter)
	f.must(err)
	for i := len(found) - 1; i >= 0; i-- {
		found[i].ID = ""
		list = append(list, found[i])
	}
	return list
}

var actionTests = map[string]func(*fixture){
	"OnTargetsAreRecordedWithThem": func(f *fixture) {
		e, other := f.accept("c1", "adyen", "stripe"), f.accept("c2", "stripe")
		for _, target := range append(e.Targets, other.Targets...) {
			f.finish(target.ID, start, erasure.TargetActionRequired)
		}
		at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
		_, err := f.ShowReferences(f.by(""), e.ID, at(1))
		f.must(err)
		f.must(f.Resolve(f.by(""), e.Targets[0].ID, "ticket 7", at(2)))
		f.must(f.Retry(f.by(""), []string{e.Targets[1].ID}, at(3), at(3), enqueue))
		f.must(f.Retry(f.by("stripe because"), []string{other.Targets[0].ID}, at(4), at(4), enqueue))
		ada := func(minutes int, kind erasure.ActionKind, subject, note string, targets int) erasure.Action {
			return erasure.Action{At: at(minutes), Operator: "ada", Via: erasure.ViaPage, Kind: kind, Subject: subject, Note: note, Targets: targets}
		}
		ofE := []erasure.Action{
			ada(1, erasure.ActionShowReferences, e.ID, "", 2),
			ada(2, erasure.ActionResolve, e.ID, "ticket 7", 1),
			ada(3, erasure.ActionRetry, e.ID, "", 1),
		}
		ofOther := ada(4, erasure.ActionRetry, "stripe because", "", 1)
		equal(f, "actions", f.actions(erasure.ActionFilter{}), append(ofE, ofOther))
		equal(f, "actions on one erasure", f.actions(erasure.ActionFilter{ErasureID: e.ID}), ofE)
		equal(f, "actions on the other", f.actions(erasure.ActionFilter{ErasureID: other.ID}), []erasure.Action{ofOther})
		equal(f, "the newest", f.actions(erasure.ActionFilter{Limit: 1}), []erasure.Action{ofOther})
		equal(f, "another operator's", len(f.actions(erasure.ActionFilter{Operator: "eve"})), 0)
		equal(f, "of a forged id", len(f.actions(erasure.ActionFilter{ErasureID: "\x00"})), 0)
		all, err := f.ListActions(f.Context(), erasure.ActionFilter{})
		f.must(err)
		equal(f, "before the newest", f.actions(erasure.ActionFilter{Before: all[0].ID, Operator: "ada"}), ofE)
	},
	"InBatchesAreOne": func(f *fixture) {
		first, second := f.accept("c1", "stripe"), f.accept("c2", "stripe")
		ctx := f.by("stripe because")
		for _, e := range []erasure.Erasure{first, second} {
			f.finish(e.Targets[0].ID, start, erasure.TargetFailed)
			f.must(f.Resolve(ctx, e.Targets[0].ID, "by letter", start))
		}
		equal(f, "actions", f.actions(erasure.ActionFilter{}), []erasure.Action{{
			At: start, Operator: "ada", Via: erasure.ViaPage, Kind: erasure.ActionResolve, Subject: "stripe because", Note: "by letter", Targets: 2,
		}})
	},
	"ThatFailAreNotRecorded": func(f *fixture) {
		e := f.accept("c1", "stripe")
		f.wantErr(f.Retry(f.by(""), []string{e.Targets[0].ID}, start, start, enqueue), erasure.ErrNotOpen)
		f.wantErr(f.Resolve(f.by(""), e.Targets[0].ID, "x", start), erasure.ErrNotOpen)
		f.wantErr(f.RevokeAccount(f.by(""), "unknown", start), erasure.ErrNotFound)
		f.wantErr(second(f.PauseConnection(f.by(""), erasure.PauseRequest{Name: "unknown", At: start})), erasure.ErrNotFound)
		equal(f, "actions", len(f.actions(erasure.ActionFilter{})), 0)
	},
	"OfNobodyAreNotRecorded": func(f *fixture) {
		f.must(f.RevokeAccount(f.Context(), account, start))
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		_, _, err := f.ResumeConnection(f.Context(), erasure.ResumeRequest{Name: "stripe", At: start}, enqueue)
		f.must(err)
		equal(f, "actions", len(f.actions(erasure.ActionFilter{})), 0)
	},
	"OnConnectionsAreRecorded": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		e := f.accept("c1", "stripe")
		attempt := f.begin(e.Targets[0].ID, start)
		refusal := ended(attempt, start, erasure.TargetActionRequired)
		refusal.Reason = "key_refused"
		f.must(f.Finish(f.Context(), refusal, nil))
		f.must(second(f.PauseConnection(f.by(""), erasure.PauseRequest{Name: "stripe", At: start, Reason: "new key", ByHand: true})))
		_, _, err := f.ResumeConnection(f.by(""), erasure.ResumeRequest{Name: "stripe", At: start.Add(time.Minute), ByHand: true}, enqueue)
		f.must(err)
		equal(f, "actions", f.actions(erasure.ActionFilter{}), []erasure.Action{
			{At: start, Operator: "ada", Via: erasure.ViaPage, Kind: erasure.ActionPauseConnection, Subject: "stripe", Note: "new key"},
			{At: start.Add(time.Minute), Operator: "ada", Via: erasure.ViaPage, Kind: erasure.ActionResumeConnection, Subject: "stripe", Targets: 1},
		})
		equal(f, "actions on the erasure", len(f.actions(erasure.ActionFilter{ErasureID: e.ID})), 1)
	},
	"OnAccountsAndOperatorsAreRecorded": func(f *fixture) {
		f.must(f.CreateAccount(f.by(""), erasure.Account{Code: "new", PublicKey: "new", CreatedAt: start}))
		f.must(f.ReplaceKeys(f.by(""), "new", "newer", [32]byte{}, start.Add(1*time.Hour)))
		f.must(f.RevokeAccount(f.by(""), "new", start.Add(2*time.Hour)))
		f.must(second(f.AddOperator(f.by(""), erasure.Operator{Name: "eve", Role: erasure.RoleViewer, CreatedAt: start.Add(3 * time.Hour)})))
		f.must(f.RevokeOperator(f.by(""), "eve", start.Add(4*time.Hour)))
		var kinds []erasure.ActionKind
		for _, a := range f.actions(erasure.ActionFilter{}) {
			kinds = append(kinds, a.Kind)
		}
		equal(f, "kinds", kinds, []erasure.ActionKind{
			erasure.ActionCreateAccount, erasure.ActionRotateAccount, erasure.ActionRevokeAccount, erasure.ActionAddOperator, erasure.ActionRevokeOperator,
		})
	},
}
