package sqlstore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestTakenBack(t *testing.T) { runOnFixtures(t, takenBackTests) }

// recovery is that of stripe, whose account is proven.
func recovery(proven time.Time) erasure.Recovery {
	return erasure.Recovery{Name: "stripe", Proven: proven, Account: true, Apart: 5 * time.Minute, At: proven}
}

// wantRecovered checks which targets a recovery takes back.
func (f *fixture) wantRecovered(what string, r erasure.Recovery, want ...string) {
	f.Helper()
	jobs, err := f.Recover(f.Context(), r, enqueue)
	f.must(err)
	slices.Sort(want)
	equal(f, what, targets(jobs), want)
}

// wantWorking checks whether stripe is worth a check.
func (f *fixture) wantWorking(want bool) {
	f.Helper()
	working, err := f.Working(f.Context())
	f.must(err)
	equal(f, "worth a check", working["stripe"], want)
}

var takenBackTests = map[string]func(*fixture){
	"WhatAConnectionRefusedBeforeItWorked": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"adyen", "stripe"}, start))
		proven := start.Add(time.Hour)
		ids, erasures := map[string]string{}, map[string]string{}
		for _, c := range []struct {
			name, provider, reason string
			at                     time.Time
		}{
			{"key", "stripe", erasure.ReasonKeyRefused, start},
			{"page", "stripe", erasure.ReasonNotFoundUnconfirmed, start},
			{"unproven", "stripe", erasure.ReasonNotFoundUnproven, start},
			{"undescribed", "stripe", erasure.ReasonUnexpectedAnswerRepeated, start},
			{"of-the-customer", "stripe", "request_refused", start},
			{"elsewhere", "adyen", erasure.ReasonKeyRefused, start},
			{"since", "stripe", erasure.ReasonKeyRefused, proven},
		} {
			e := f.accept("c-"+c.name, c.provider)
			ids[c.name], erasures[c.name] = e.Targets[0].ID, e.ID
			f.refuse(ids[c.name], c.reason, c.at)
		}
		_, err := f.DB().ExecContext(f.Context(), `DELETE FROM fixture_jobs`)
		f.must(err)
		r := recovery(proven)
		r.Account = false
		f.wantRecovered("with the key alone", r, ids["key"], ids["page"])
		f.wantRecovered("with the account", recovery(proven), ids["unproven"])
		f.wantRecovered("again", recovery(proven))
		equal(f, "jobs", len(f.jobs()), 3)
		equal(f, "evidence", f.stored(erasures["key"]).Targets[0].Evidence[2], erasure.Evidence{At: proven, State: erasure.TargetPending, Reason: "connection_recovered", Attempt: 1})
		f.begin(ids["key"], proven)
	},
	"AFewTimesAndLaterEachTime": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		id := f.accept("c1", "stripe").Targets[0].ID
		at := start
		for _, wait := range []time.Duration{0, 5 * time.Minute, 10 * time.Minute} {
			f.refuse(id, erasure.ReasonKeyRefused, at)
			f.wantWorking(true)
			f.wantRecovered("too early", recovery(at.Add(wait)))
			at = at.Add(wait + time.Microsecond)
			f.wantRecovered("taken back", recovery(at), id)
		}
		f.refuse(id, erasure.ReasonKeyRefused, at)
		f.wantWorking(false)
		f.wantRecovered("for ever", recovery(at.Add(month)))
	},
	"TheCountBeginsAgain": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		id := f.accept("c1", "stripe").Targets[0].ID
		at := start
		exhaust := func() {
			f.Helper()
			for range 3 {
				f.refuse(id, erasure.ReasonKeyRefused, at)
				at = at.Add(time.Hour)
				f.wantRecovered("taken back", recovery(at), id)
			}
			f.refuse(id, erasure.ReasonKeyRefused, at)
			f.wantWorking(false)
		}
		exhaust()
		_, _, err := f.ResumeConnection(f.Context(), resumption("stripe", at), enqueue)
		f.must(err)
		exhaust()
		f.must(f.Retry(f.Context(), []string{id}, at, at.Add(month), enqueue))
		exhaust()
		f.must(f.Retry(f.Context(), []string{id}, at, at.Add(month), enqueue))
		f.refuse(id, erasure.ReasonKeyRefused, at)
		at = at.Add(time.Hour)
		f.wantRecovered("taken back once", recovery(at), id)
		r := ended(f.begin(id, at), at, erasure.TargetSucceeded)
		r.Keep = month
		f.must(f.Finish(f.Context(), r, nil))
		f.must(f.Reopen(f.Context(), []string{id}, at, at.Add(month), enqueue))
		exhaust()
	},
	"NotWhilePaused": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		id := f.accept("c1", "stripe").Targets[0].ID
		f.refuse(id, erasure.ReasonKeyRefused, start)
		_, err := f.PauseConnection(f.Context(), erasure.PauseRequest{Name: "stripe", At: start, Reason: "maintenance", ByHand: true})
		f.must(err)
		f.wantRecovered("during the pause", recovery(start.Add(time.Hour)))
	},
	"NotInStepsShorterThanTheLongestTime": func(f *fixture) {
		f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
		id := f.accept("c1", "stripe").Targets[0].ID
		f.refuse(id, erasure.ReasonKeyRefused, start)
		r := recovery(start.Add(time.Hour))
		r.Apart = 365 * 24 * time.Hour // more microseconds than 32 bits have
		f.wantRecovered("the first time", r, id)
		f.refuse(id, erasure.ReasonKeyRefused, r.At)
		f.wantRecovered("too early", r)
	},
}
