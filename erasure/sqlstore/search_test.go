package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestSearch(t *testing.T) { runOnFixtures(t, searchTests) }

// manyErasures makes n erasures, a minute apart, of all states and at two providers.
func (f *fixture) manyErasures(n int) {
	f.Helper()
	for i := range n {
		id := fmt.Sprintf("c%02d", i)
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer(id, []string{"stripe", "adyen"}[i%2])}))
		r := request(id)
		r.At = start.Add(time.Duration(i) * time.Minute)
		e, err := f.Accept(f.Context(), r, enqueue)
		f.must(err)
		state := []erasure.TargetState{erasure.TargetActionRequired, erasure.TargetSucceeded, erasure.TargetNotSupported, erasure.TargetPending}[i%4]
		f.finish(e.Targets[0].ID, r.At, state)
	}
}

var searchTests = map[string]func(*fixture){
	"PageByPageFindsWhatTheListHas": func(f *fixture) {
		f.manyErasures(30)
		now := start.Add(40 * 24 * time.Hour)
		for name, filter := range map[string]erasure.ErasureFilter{
			"All":        {},
			"State":      {State: erasure.ErasureCompleted},
			"Exceptions": {State: erasure.ErasureCompletedWithExceptions},
			"Attention":  {State: erasure.ErasureAttentionRequired, Provider: "stripe"},
			"Person":     {Attention: true},
			"Provider":   {Provider: "adyen", Reason: "because"},
			"Nothing":    {Reason: "none", Attention: true},
			"Overdue":    {OverdueAt: now},
			"AtRisk":     {AtRiskAt: now, State: erasure.ErasureInProgress},
			"Time":       {Since: start.Add(3 * time.Minute), Until: start.Add(20 * time.Minute)},
			"Account":    {AccountCode: account},
			"Customer":   {AccountCode: account, CustomerID: "c07"},
			"Other":      {AccountCode: otherAccount},
		} {
			want, err := f.ListErasures(f.Context(), filter)
			f.must(err)
			for _, looks := range []int{1, 7, 0} {
				var got []erasure.Erasure
				paged := filter
				paged.Limit, paged.Looks = 4, looks
				for pages := 0; ; pages++ {
					page, err := f.SearchErasures(f.Context(), paged)
					f.must(err)
					if len(page.Erasures) > 4 || looks > 0 && len(page.Erasures) > looks || pages > 40 {
						f.Fatalf("%s: page %d has %d erasures", name, pages, len(page.Erasures))
					}
					got = append(got, page.Erasures...)
					if paged.Before = page.Next; page.Next == "" {
						break
					}
				}
				equal(f, fmt.Sprintf("%s, %d looks", name, looks), got, want)
			}
		}
	},
	"ByTimeIsExact": func(f *fixture) {
		f.accept("c1")
		for _, test := range []struct {
			since, until time.Duration
			want         int
		}{{0, time.Microsecond, 1}, {time.Microsecond, time.Second, 0}, {-time.Second, 0, 0}} {
			filter := erasure.ErasureFilter{Since: start.Add(test.since), Until: start.Add(test.until)}
			page, err := f.SearchErasures(f.Context(), filter)
			f.must(err)
			equal(f, fmt.Sprint(test.since, test.until), len(page.Erasures), test.want)
		}
	},
	"OfACustomerLooksInAllAccounts": func(f *fixture) {
		first := f.accept("c1")
		f.must(f.Import(f.Context(), otherAccount, []erasure.Customer{customer("c1")}))
		r := request("c1")
		r.AccountCode, r.At = otherAccount, start.Add(time.Hour)
		second, err := f.Accept(f.Context(), r, enqueue)
		f.must(err)
		got, err := f.ErasuresOf(f.Context(), "c1")
		f.must(err)
		first.Targets, second.Targets = nil, nil
		equal(f, "erasures", got, []erasure.Erasure{second, first})
		got, err = f.ErasuresOf(f.Context(), "c\x00")
		f.must(err)
		equal(f, "of a forged id", len(got), 0)
	},
	"OfTargetsKnowsWhatHasChangedSince": func(f *fixture) {
		e := f.accept("c1", "stripe")
		f.finish(e.Targets[0].ID, start.Add(time.Minute), erasure.TargetFailed)
		for until, want := range map[time.Duration]int{time.Minute: 1, time.Minute - time.Microsecond: 0} {
			filter := erasure.TargetFilter{Provider: "stripe", Until: start.Add(until)}
			ids, err := f.NeedingAttention(f.Context(), filter, "", 10)
			f.must(err)
			equal(f, "targets", len(ids), want)
			n, err := f.CountNeedingAttention(f.Context(), filter)
			f.must(err)
			equal(f, "count", n, want)
		}
	},
}

func TestHistory(t *testing.T) {
	runOnFixtures(t, map[string]func(*fixture){
		"CountsByPeriod": func(f *fixture) {
			from := start.Truncate(time.Hour)
			done := func(id string, accepted, took time.Duration, state erasure.TargetState) {
				f.must(f.Import(f.Context(), account, []erasure.Customer{customer(id, "stripe")}))
				r := request(id)
				r.At = from.Add(accepted)
				e, err := f.Accept(f.Context(), r, enqueue)
				f.must(err)
				f.finish(e.Targets[0].ID, r.At.Add(took), state)
				if state == erasure.TargetActionRequired {
					f.must(second(f.ShowReferences(f.Context(), e.ID, r.At.Add(took)))) // is no failure
				}
			}
			done("before", -time.Millisecond, 0, erasure.TargetSucceeded)
			done("fast", 0, 10*time.Second, erasure.TargetSucceeded)
			done("slow", time.Minute, time.Hour, erasure.TargetNotSupported)
			done("failed", 2*time.Hour-time.Microsecond, 0, erasure.TargetActionRequired)
			done("after", 2*time.Hour, 0, erasure.TargetFailed)
			got, err := f.History(f.Context(), from, time.Hour, 2)
			f.must(err)
			want := []erasure.Period{
				{From: from, To: from.Add(time.Hour), Accepted: 2},
				{From: from.Add(time.Hour), To: from.Add(2 * time.Hour), Accepted: 1, Failures: 1},
			}
			want[0].Took[0], want[1].Took[3] = 1, 1
			equal(f, "periods", got, want)
			equal(f, "completed", got[0].Completed(), 1)
		},
		"SaysWhatWaits": func(f *fixture) {
			f.must(f.SeeConnections(f.Context(), []string{"adyen"}, start))
			f.must(second(f.PauseConnection(f.Context(), erasure.PauseRequest{Name: "adyen", At: start})))
			e := f.accept("c1", "adyen", "stripe", "square")
			f.begin(e.Targets[1].ID, start.Add(time.Second))
			got, err := f.Waiting(f.Context(), start.Add(time.Minute), 10)
			f.must(err)
			equal(f, "waiting", got, erasure.Waiting{Due: 1, Since: start, Running: 1})
			got, err = f.Waiting(f.Context(), start.Add(-time.Minute), 10)
			f.must(err)
			equal(f, "waiting before that", got, erasure.Waiting{Running: 1})
		},
	})
}
