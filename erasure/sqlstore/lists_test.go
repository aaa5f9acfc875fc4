package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestLists(t *testing.T) { runOnFixtures(t, listTests) }

var listTests = map[string]func(*fixture){
	"ListErasuresByFilter": func(f *fixture) {
		ids := f.fourErasures()
		late := start.Add(31 * 24 * time.Hour)
		for _, test := range []struct {
			name   string
			filter erasure.ErasureFilter
			want   []string
		}{
			{"All", erasure.ErasureFilter{}, []string{"c4", "c3", "c2", "c1"}},
			{"Account", erasure.ErasureFilter{AccountCode: otherAccount}, []string{"c4"}},
			{"Customer", erasure.ErasureFilter{CustomerID: "c2"}, []string{"c2"}},
			{"State", erasure.ErasureFilter{State: erasure.ErasureInProgress}, []string{"c4", "c1"}},
			{"OverdueYet", erasure.ErasureFilter{OverdueAt: start}, nil},
			{"OverdueLater", erasure.ErasureFilter{OverdueAt: late}, []string{"c4", "c3", "c1"}},
			{"OverdueOfAccount", erasure.ErasureFilter{OverdueAt: late, AccountCode: account}, []string{"c3", "c1"}},
			{"Limit", erasure.ErasureFilter{Limit: 2}, []string{"c4", "c3"}},
			{"Before", erasure.ErasureFilter{Before: ids["c3"]}, []string{"c2", "c1"}},
			{"BeforeAndLimit", erasure.ErasureFilter{Before: ids["c3"], Limit: 1}, []string{"c2"}},
			{"BeforeTheFirst", erasure.ErasureFilter{Before: ids["c1"]}, nil},
			{"Nothing", erasure.ErasureFilter{AccountCode: otherAccount, CustomerID: "c1"}, nil},
			{"NotText", erasure.ErasureFilter{CustomerID: "\xff"}, nil},
		} {
			list, err := f.ListErasures(f.Context(), test.filter)
			f.must(err)
			var got []string
			for _, e := range list {
				got = append(got, e.CustomerID)
				equal(f, "targets", e.Targets, nil)
				want := f.stored(e.ID)
				want.Targets = nil
				equal(f, "erasure", e, want)
			}
			equal(f, test.name, got, test.want)
		}
	},
	"ListErasuresHasADefaultLimit": func(f *fixture) {
		batch := make([]erasure.Customer, 101)
		for i := range batch {
			batch[i] = erasure.Customer{ID: fmt.Sprintf("c%d", i)}
		}
		f.must(f.Import(f.Context(), account, batch))
		for _, c := range batch {
			_, err := f.Accept(f.Context(), request(c.ID), enqueue)
			f.must(err)
		}
		list, err := f.ListErasures(f.Context(), erasure.ErasureFilter{})
		f.must(err)
		equal(f, "number of erasures", len(list), 100)
	},
	"GetErasureFindsNoOther": func(f *fixture) {
		for _, id := range []string{"", "unknown", "\x00", "\xff"} {
			_, err := f.GetErasure(f.Context(), id)
			f.wantErr(err, erasure.ErrNotFound)
		}
	},
	"EvidenceIsInOrder": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		at := start
		for n := range 12 { // more than one digit
			f.finish(e.Targets[n%2].ID, at, erasure.TargetPending)
			at = at.Add(time.Minute)
		}
		for _, target := range f.stored(e.ID).Targets {
			equal(f, "number of changes", len(target.Evidence), 12)
			for n, change := range target.Evidence {
				equal(f, "attempt", change.Attempt, n/2+1)
			}
		}
	},
	"Counts": func(f *fixture) {
		f.fourErasures()
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("live")}))
		for _, test := range []struct {
			now     time.Time
			overdue int
		}{{start, 0}, {start.Add(31 * 24 * time.Hour), 3}} {
			got, err := f.Counts(f.Context(), test.now)
			f.must(err)
			equal(f, "counts", got, erasure.Counts{
				Customers: 1,
				Erasures: map[erasure.ErasureState]int{
					erasure.ErasureInProgress: 2, erasure.ErasureCompleted: 1, erasure.ErasureAttentionRequired: 1,
				},
				Targets: map[erasure.TargetState]int{
					erasure.TargetPending: 2, erasure.TargetSucceeded: 1, erasure.TargetFailed: 1,
				},
				Overdue: test.overdue, AtRisk: test.overdue,
				Open:      map[erasure.Cause]int{{Provider: "stripe"}: 2},
				Attention: map[erasure.Cause]int{{Provider: "stripe", Reason: "because"}: 1},
				Oldest:    map[erasure.Cause]time.Time{{Provider: "stripe"}: start},
				Due:       map[string]time.Time{"stripe": start},
			})
		}
	},
	"CountsOfLargeTables": func(f *fixture) {
		// Large tables are not counted again, and yet nothing is missed or counted twice.
		f.RememberTotals(1)
		counted := func(at time.Time, what string, customers, completed, succeeded int) {
			f.Helper()
			got, err := f.Counts(f.Context(), at)
			f.must(err)
			equal(f, what, []int{got.Customers, got.Erasures[erasure.ErasureCompleted], got.Targets[erasure.TargetSucceeded]},
				[]int{customers, completed, succeeded})
		}
		complete := func(id string, at time.Time) {
			f.Helper()
			r := request(id)
			r.At = at
			f.must(f.Import(f.Context(), account, []erasure.Customer{customer(id, "adyen", "stripe")}))
			e, err := f.Accept(f.Context(), r, enqueue)
			f.must(err)
			for _, target := range e.Targets {
				f.finish(target.ID, at, erasure.TargetSucceeded)
			}
		}
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("live1"), customer("live2"), customer("live3")}))
		complete("c1", start)
		at := start.Add(time.Hour)
		counted(at, "at first", 3, 1, 2)
		complete("c2", at.Add(-5*time.Minute)) // commits late
		complete("c3", at.Add(time.Minute))
		counted(at.Add(30*time.Second), "customers that are not counted yet", 1, 3, 6)
		counted(at.Add(time.Minute), "customers that are", 3, 3, 6)
		counted(at.Add(20*time.Minute), "with more that is settled", 3, 3, 6)
		complete("c4", at.Add(21*time.Minute))
		counted(at.Add(22*time.Minute), "after that", 3, 4, 8)
		complete("c5", start.Add(time.Minute)) // has an old id, as after a restore
		counted(at.Add(30*time.Minute), "what has an old id, within the hour", 4, 4, 8)
		counted(at.Add(61*time.Minute), "after the hour", 3, 5, 10)
		complete("c6", start.Add(2*time.Minute)) // has an old id, as have all for a while
		counted(start.Add(2*time.Minute), "if the clock was set back", 3, 6, 12)
	},
	"CompactAndCheck": func(f *fixture) {
		e := f.accept("c1", "stripe")
		for _, full := range []bool{false, true} {
			f.must(f.Compact(f.Context(), full))
		}
		f.must(f.Check(f.Context()))
		equal(f, "references", f.begin(e.Targets[0].ID, start).Progress.References, references("stripe", "c1"))
	},
	"CheckFailsOnceClosed": func(f *fixture) {
		f.must(f.Close())
		f.must(f.Close()) // closing again is harmless
		if f.Check(f.Context()) == nil {
			f.Error("Check succeeds on a closed store")
		}
	},
}

// fourErasures accepts four erasures, an hour apart: c1 (in progress), c2 (completed), c3
// (attention required), and c4 of the other account (in progress).
func (f *fixture) fourErasures() map[string]string {
	f.Helper()
	ids := map[string]string{}
	for i, id := range []string{"c1", "c2", "c3", "c4"} {
		r := request(id)
		r.At = start.Add(time.Duration(i) * time.Hour)
		if id == "c4" {
			r.AccountCode = otherAccount
		}
		f.must(f.Import(f.Context(), r.AccountCode, []erasure.Customer{customer(id, "stripe")}))
		e, err := f.Accept(f.Context(), r, enqueue)
		f.must(err)
		ids[id] = e.ID
		switch id {
		case "c2":
			f.finish(e.Targets[0].ID, r.At, erasure.TargetSucceeded)
		case "c3":
			f.finish(e.Targets[0].ID, r.At, erasure.TargetFailed)
		}
	}
	return ids
}
