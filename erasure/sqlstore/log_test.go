package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// number gives numbers to all changes, and returns those after a number as
// "customer state".
func (f *fixture) changes(after int64) (texts []string, last int64) {
	f.Helper()
	for {
		n, err := f.NumberChanges(f.Context(), 2)
		f.must(err)
		if n == 0 {
			break
		}
	}
	for last = after; ; {
		changes, err := f.ChangesAfter(f.Context(), last, 2)
		f.must(err)
		if len(changes) == 0 {
			return texts, last
		}
		for _, c := range changes {
			if c.N <= last {
				f.Errorf("%d comes after %d", c.N, last)
			}
			last = c.N
			text := c.CustomerID + " " + string(c.State)
			for _, t := range c.Targets {
				text += " " + t.Provider + ":" + string(t.State)
			}
			texts = append(texts, text)
		}
	}
}

func (f *fixture) wantChanges(after int64, want ...string) (last int64) {
	f.Helper()
	got, last := f.changes(after)
	slices.Sort(got) // erasures of one time have ids in any order
	slices.Sort(want)
	equal(f, "changes", got, want)
	return last
}

func TestLog(t *testing.T) {
	runOnFixtures(t, map[string]func(*fixture){
		"EveryChangeIsNumbered": func(f *fixture) {
			first := f.accept("c1", "adyen", "stripe")
			f.accept("c2")
			f.must(f.AdvanceLog(f.Context(), sqlstore.LogPosition{Database: "db", Path: "a.log"}))
			last := f.wantChanges(0, "c1 in_progress adyen:pending stripe:pending", "c2 completed")
			f.wantChanges(last)

			f.finish(first.Targets[0].ID, start, erasure.TargetPending) // the log does not show attempts
			f.wantChanges(last)
			f.finish(first.Targets[1].ID, start, erasure.TargetSucceeded) // the erasure's state is the same
			last = f.wantChanges(last, "c1 in_progress adyen:pending stripe:succeeded")
			f.finish(first.Targets[0].ID, start.Add(time.Hour), erasure.TargetFailed)
			last = f.wantChanges(last, "c1 attention_required adyen:failed stripe:succeeded")
			f.must(f.Resolve(f.Context(), first.Targets[0].ID, "by hand", start))
			last = f.wantChanges(last, "c1 completed adyen:succeeded stripe:succeeded")
			f.wantChanges(0, "c2 completed", "c1 completed adyen:succeeded stripe:succeeded")
			p, err := f.LogPosition(f.Context())
			f.must(err)
			equal(f, "position", p, sqlstore.LogPosition{Database: "db", Last: last, Path: "a.log"})
		},
		"WithoutLog": func(f *fixture) {
			f.accept("c1", "stripe")
			p, err := f.LogPosition(f.Context())
			f.must(err)
			equal(f, "position", p, sqlstore.LogPosition{})
			if _, err := f.NumberChanges(f.Context(), 1); !errors.Is(err, sql.ErrNoRows) {
				f.Errorf("got %v, want that no log was begun", err)
			}
		},
		"Export": func(f *fixture) {
			e := f.accept("c1", "stripe")
			f.accept("c2")
			got := func(since time.Time) (ids []string) {
				f.must(f.Export(f.Context(), since, func(c erasure.Change) error {
					ids = append(ids, c.CustomerID)
					return nil
				}))
				slices.Sort(ids)
				return ids
			}
			f.finish(e.Targets[0].ID, start.Add(time.Hour), erasure.TargetSucceeded)
			equal(f, "all", got(time.Time{}), []string{"c1", "c2"})
			equal(f, "changed since", got(start.Add(time.Minute)), []string{"c1"})
			equal(f, "later", len(got(start.Add(2*time.Hour))), 0)
		},
	})
}

// A transaction that takes long commits after later ones have got their numbers. Its
// change still gets one that a reader has not passed.
func TestLogMissesNoSlowTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t, engines.New(t, "PostgreSQL"))
	f.must(f.AdvanceLog(f.Context(), sqlstore.LogPosition{Database: "db"}))
	f.must(f.Import(f.Context(), account, []erasure.Customer{customer("slow", "stripe")}))
	holding, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := f.Accept(f.Context(), request("slow"), func(context.Context, *sql.Tx, []erasure.Job) error {
			close(holding)
			<-release
			return nil
		})
		done <- err
	}()
	<-holding
	f.accept("quick")
	last := f.wantChanges(0, "quick completed")
	close(release)
	f.must(<-done)
	f.wantChanges(last, "slow in_progress stripe:pending")
}

// export returns all changes of a store.
func (f *fixture) export() (changes []erasure.Change) {
	f.Helper()
	f.must(f.Export(f.Context(), time.Time{}, func(c erasure.Change) error {
		changes = append(changes, c)
		return nil
	}))
	return changes
}

// targetsOf returns "provider:state:reason" of an erasure's targets.
func (f *fixture) targetsOf(id string) string {
	f.Helper()
	var texts []string
	for _, t := range f.stored(id).Targets {
		texts = append(texts, t.Provider+":"+string(t.State)+":"+t.Reason)
		if n := len(t.Evidence); n > 0 && t.Evidence[n-1].State != t.State {
			f.Errorf("the evidence of %s is %+v", t.Provider, t.Evidence)
		}
	}
	return strings.Join(texts, " ")
}

// TestReapply makes an erasure in one database and applies its log to another, which
// stands for an older copy of it.
func TestReapply(t *testing.T) {
	const ended, open = "adyen", "stripe"
	// erased accepts the erasure of c1 in a new database, with one target that has ended.
	erased := func(f *fixture) (erasure.Erasure, []erasure.Change) {
		other := newFixture(f.T, engines.New(f.T, "SQLite"))
		e := other.accept("c1", ended, open)
		other.finish(e.Targets[0].ID, start, erasure.TargetAlreadyGone)
		return e, other.export()
	}
	at := start.Add(time.Hour)
	runOnFixtures(t, map[string]func(*fixture){
		"LiveCustomer": func(f *fixture) {
			e, log := erased(f)
			f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", ended, open, "mollie")}))
			sum, err := f.Reapply(f.Context(), log, at, enqueue)
			f.must(err)
			equal(f, "sum", sum, erasure.Reapplied{Erased: 1, Ended: 1, Asked: 2})
			got := f.stored(e.ID)
			equal(f, "state, times", []any{got.State, got.AcceptedAt, got.Deadline}, []any{erasure.ErasureInProgress, e.AcceptedAt, e.Deadline})
			equal(f, "targets", f.targetsOf(e.ID), "adyen:already_gone:reapplied_from_log mollie:pending:reapplied_from_log stripe:pending:reapplied_from_log")
			equal(f, "jobs", len(f.jobs()), 2)
			attempt := f.begin(got.Targets[2].ID, at)
			equal(f, "references", attempt.Progress.References, references(open, "c1"))
			_, err = f.Accept(f.Context(), request("c1"), enqueue)
			f.must(err)
			f.wantErr(f.Import(f.Context(), account, []erasure.Customer{customer("c1")}), erasure.ErrErased)

			again, err := f.Reapply(f.Context(), log, at, enqueue)
			f.must(err)
			equal(f, "again", again, erasure.Reapplied{Known: 1})
			equal(f, "jobs", len(f.jobs()), 2)
		},
		"UnknownCustomer": func(f *fixture) {
			e, log := erased(f)
			sum, err := f.Reapply(f.Context(), log, at, enqueue)
			f.must(err)
			equal(f, "sum", sum, erasure.Reapplied{Unknown: 1, Ended: 1, Lost: 1})
			equal(f, "targets", f.targetsOf(e.ID), "adyen:already_gone:reapplied_from_log stripe:action_required:references_lost")
			equal(f, "state", f.stored(e.ID).State, erasure.ErasureAttentionRequired)
			f.wantErr(f.Import(f.Context(), account, []erasure.Customer{customer("c1")}), erasure.ErrErased)
			counts, err := f.Counts(f.Context(), at)
			f.must(err)
			equal(f, "live customers", counts.Customers, 0)
		},
		"UnknownAccount": func(f *fixture) {
			_, log := erased(f)
			log[0].AccountCode = "33333333-3333-4333-8333-333333333333"
			sum, err := f.Reapply(f.Context(), log, at, enqueue)
			f.must(err)
			equal(f, "accounts", sum.Accounts, []string{log[0].AccountCode})
			f.must(f.ReplaceKeys(f.Context(), log[0].AccountCode, "public-3", [32]byte{3}, start))
			f.wantErr(f.Import(f.Context(), log[0].AccountCode, []erasure.Customer{customer("c1")}), erasure.ErrErased)
		},
		"ErasureThatWasOpen": func(f *fixture) {
			_, log := erased(f)
			e := f.accept("c1", ended, open) // with another id, as after a restore that nobody noticed
			f.succeed(e.Targets[0].ID, erasure.TargetActionRequired)
			sum, err := f.Reapply(f.Context(), log, at, enqueue)
			f.must(err)
			equal(f, "sum", sum, erasure.Reapplied{Known: 1, Ended: 1})
			if got := f.targetsOf(e.ID); !strings.HasPrefix(got, "adyen:already_gone:reapplied_from_log stripe:pending:") {
				f.Errorf("got %s", got)
			}
			f.finish(e.Targets[1].ID, at, erasure.TargetSucceeded)
			equal(f, "state", f.stored(e.ID).State, erasure.ErasureCompleted)
			equal(f, "targets with references", f.sealed(), 0)
		},
		// A person who reopens a target says that it had not ended well.
		"TargetThatWasReopened": func(f *fixture) {
			e := f.accept("c1", open)
			f.succeed(e.Targets[0].ID, erasure.TargetSucceeded)
			log := f.export()
			f.must(f.Reopen(f.Context(), []string{e.Targets[0].ID}, at, at.Add(month), enqueue))
			sum, err := f.Reapply(f.Context(), log, at, enqueue)
			f.must(err)
			equal(f, "sum", sum, erasure.Reapplied{Known: 1})
			equal(f, "references", f.begin(e.Targets[0].ID, at).Progress.References, references(open, "c1"))
		},
		// It was reopened after the backup, and open when the log ended.
		"TargetThatWasReopenedAfterwards": func(f *fixture) {
			f.must(f.AdvanceLog(f.Context(), sqlstore.LogPosition{Database: "db", Last: 7}))
			e := f.accept("c1", ended, open)
			for _, target := range e.Targets {
				f.succeed(target.ID, erasure.TargetSucceeded)
			}
			last := f.wantChanges(7, "c1 completed adyen:succeeded stripe:succeeded")
			later := f.export()
			later[0].State, later[0].Targets[1].State = erasure.ErasureInProgress, erasure.TargetPending
			for _, test := range []struct {
				n    int64
				want []string
			}{{last, nil}, {last + 1, []string{e.Targets[1].ID}}, {last + 1, nil}} { // has no number the last time
				later[0].N = test.n
				sum, err := f.Reapply(f.Context(), later, at, enqueue)
				f.must(err)
				equal(f, "reopened afterwards", sum.Reopened, test.want)
			}
			equal(f, "state", f.stored(e.ID).State, erasure.ErasureCompleted)
		},
		"DeadlinePassed": func(f *fixture) {
			e, log := erased(f)
			f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", open)}))
			late := e.Deadline.Add(time.Hour)
			_, err := f.Reapply(f.Context(), log, late, enqueue)
			f.must(err)
			failed, err := f.Expire(f.Context(), late, late, late)
			f.must(err)
			if len(failed) > 0 || !slices.ContainsFunc(f.stored(e.ID).Targets, func(t erasure.Target) bool { return t.GrantedUntil.After(late) }) {
				f.Errorf("failed %v before it was asked: %+v", failed, f.stored(e.ID).Targets)
			}
		},
		"PositionIsKnown": func(f *fixture) {
			f.must(f.AdvanceLog(f.Context(), sqlstore.LogPosition{Database: "db", Last: 7}))
			e := f.accept("c1", open)
			last := f.wantChanges(7, "c1 in_progress stripe:pending")
			lacks := func(n int64, customer string) bool {
				lacks, err := f.LacksChange(f.Context(), []erasure.Change{{N: n, Erasure: erasure.Erasure{ID: e.ID, AccountCode: account, CustomerID: customer}}})
				f.must(err)
				return lacks
			}
			equal(f, "lacks", []bool{lacks(last, "c1"), lacks(last+1, "c1"), lacks(last, "c2")}, []bool{false, true, true})
			later := f.export()
			later[0].N = last + 1
			_, err := f.Reapply(f.Context(), later, at, enqueue)
			f.must(err)
			equal(f, "lacks it still", lacks(last+1, "c1"), false)
		},
	})
}
