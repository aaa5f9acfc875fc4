package storetest

import (
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

var listTests = map[string]func(*bench){
	"ErasuresByFilter": func(b *bench) {
		ids := b.fourErasures()
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
			list, err := b.Erasures(b.ctx, test.filter)
			b.must(err)
			var got []string
			for _, e := range list {
				got = append(got, e.CustomerID)
				equal(b, "targets", e.Targets, nil)
				want := b.erasure(e.ID)
				want.Targets = nil
				equal(b, "erasure", e, want)
			}
			equal(b, test.name, got, test.want)
		}
	},
	"ErasuresHaveADefaultLimit": func(b *bench) {
		batch := make([]erasure.Customer, 101)
		for i := range batch {
			batch[i] = erasure.Customer{ID: fmt.Sprintf("c%d", i)}
		}
		b.must(b.Import(b.ctx, account, batch))
		for _, c := range batch {
			_, err := b.Accept(b.ctx, request(c.ID), enqueue)
			b.must(err)
		}
		list, err := b.Erasures(b.ctx, erasure.ErasureFilter{})
		b.must(err)
		equal(b, "number of erasures", len(list), 100)
	},
	"ErasureNotFound": func(b *bench) {
		for _, id := range []string{"", "unknown", "\x00", "\xff"} {
			_, err := b.Erasure(b.ctx, id)
			b.wantErr(err, erasure.ErrNotFound)
		}
	},
	"EvidenceIsInOrder": func(b *bench) {
		e := b.accept("c1", "adyen", "stripe")
		at := start
		for n := range 12 { // more than one digit
			b.finish(e.Targets[n%2].ID, at, erasure.TargetPending)
			at = at.Add(time.Minute)
		}
		for _, target := range b.erasure(e.ID).Targets {
			equal(b, "number of changes", len(target.Evidence), 12)
			for n, change := range target.Evidence {
				equal(b, "attempt", change.Attempt, n/2+1)
			}
		}
	},
	"Counts": func(b *bench) {
		b.fourErasures()
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("live")}))
		for _, test := range []struct {
			now     time.Time
			overdue int
		}{{start, 0}, {start.Add(31 * 24 * time.Hour), 3}} {
			got, err := b.Counts(b.ctx, test.now)
			b.must(err)
			equal(b, "counts", got, erasure.Counts{
				Customers: 1,
				Erasures: map[erasure.ErasureState]int{
					erasure.ErasureInProgress: 2, erasure.ErasureCompleted: 1, erasure.ErasureAttentionRequired: 1,
				},
				Targets: map[erasure.TargetState]int{
					erasure.TargetPending: 2, erasure.TargetSucceeded: 1, erasure.TargetFailed: 1,
				},
				Overdue: test.overdue,
			})
		}
	},
	"CompactAndCheck": func(b *bench) {
		e := b.accept("c1", "stripe")
		for _, full := range []bool{false, true} {
			b.must(b.Compact(b.ctx, full))
		}
		b.must(b.Check(b.ctx))
		equal(b, "references", b.begin(e.Targets[0].ID, start).References, references("stripe", "c1"))
	},
	"CheckFailsOnceClosed": func(b *bench) {
		b.must(b.Close())
		b.must(b.Close()) // no harm in twice
		if b.Check(b.ctx) == nil {
			b.Error("a closed store says that it is well")
		}
	},
}

// fourErasures accepts, an hour apart: c1 (in progress), c2 (completed), c3
// (attention required), and c4 of the other account (in progress).
func (b *bench) fourErasures() map[string]string {
	b.Helper()
	ids := map[string]string{}
	for i, id := range []string{"c1", "c2", "c3", "c4"} {
		r := request(id)
		r.At = start.Add(time.Duration(i) * time.Hour)
		if id == "c4" {
			r.AccountCode = otherAccount
		}
		b.must(b.Import(b.ctx, r.AccountCode, []erasure.Customer{customer(id, "stripe")}))
		e, err := b.Accept(b.ctx, r, enqueue)
		b.must(err)
		ids[id] = e.ID
		switch id {
		case "c2":
			b.finish(e.Targets[0].ID, r.At, erasure.TargetSucceeded)
		case "c3":
			b.finish(e.Targets[0].ID, r.At, erasure.TargetFailed)
		}
	}
	return ids
}
