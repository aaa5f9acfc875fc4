package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestAccept(t *testing.T) { runOnFixtures(t, acceptTests) }

var acceptTests = map[string]func(*fixture){
	"ReturnsTheErasure": func(f *fixture) {
		e := f.accept("c1", "stripe", "adyen")
		want := erasure.Erasure{
			ID: e.ID, AccountCode: account, CustomerID: "c1", State: erasure.ErasureInProgress,
			AcceptedAt: start, Deadline: start.Add(30 * 24 * time.Hour),
		}
		for i, provider := range []string{"adyen", "stripe"} { // by name
			if len(e.Targets) != 2 {
				f.Fatalf("%d targets, want 2", len(e.Targets))
			}
			want.Targets = append(want.Targets, erasure.Target{
				ID: e.Targets[i].ID, ErasureID: e.ID, Provider: provider, State: erasure.TargetPending,
				NextAt: start, UpdatedAt: start,
			})
		}
		equal(f, "accepted", e, want)
		equal(f, "stored", f.stored(e.ID), want)
		equal(f, "jobs", f.jobs(), jobsOf(e.Targets))
	},
	"PassesTheReferencesToTheTargets": func(f *fixture) {
		e := f.accept("c1", "stripe", "adyen")
		for _, target := range e.Targets {
			attempt := f.begin(target.ID, start)
			equal(f, "references", attempt.Progress.References, references(target.Provider, "c1"))
			equal(f, "deadline", attempt.Deadline, e.Deadline)
		}
	},
	"RepeatedReturnsTheSameErasure": func(f *fixture) {
		e := f.accept("c1", "stripe")
		f.begin(e.Targets[0].ID, start)
		r := request("c1")
		r.At, r.Deadline = start.Add(time.Hour), start.Add(time.Hour)
		again, err := f.Accept(f.Context(), r, enqueue)
		f.must(err)
		equal(f, "targets returned", again.Targets, nil)
		want := e
		want.Targets = nil
		equal(f, "erasure", again, want)
		equal(f, "jobs", f.jobs(), jobsOf(e.Targets))
	},
	"CompletesWithoutConnections": func(f *fixture) {
		e := f.accept("c1")
		equal(f, "state", e.State, erasure.ErasureCompleted)
		equal(f, "final at", e.FinalAt, start)
		equal(f, "stored", f.stored(e.ID), e)
		equal(f, "jobs", f.jobs(), nil)
	},
	"FailsForEveryOtherCustomer": func(f *fixture) {
		f.must(f.Import(f.Context(), otherAccount, []erasure.Customer{customer("theirs", "stripe")}))
		f.accept("complete")
		failed := f.accept("failed", "stripe")
		f.finish(failed.Targets[0].ID, start, erasure.TargetFailed)
		before := f.jobs()
		for _, id := range []string{"unknown", "theirs", "complete", "failed", "", "\x00", "theirs\x00", "\xff\xfe", "COMPLETE"} {
			e, err := f.Accept(f.Context(), request(id), enqueue)
			f.wantErr(err, erasure.ErrCustomerNotFound)
			equal(f, "erasure of "+id, e, erasure.Erasure{})
		}
		for _, code := range []string{"", "unknown", account + "\x00"} {
			r := request("theirs")
			r.AccountCode = code
			_, err := f.Accept(f.Context(), r, enqueue)
			f.wantErr(err, erasure.ErrCustomerNotFound)
		}
		equal(f, "jobs", f.jobs(), before)
		r := request("theirs")
		r.AccountCode = otherAccount
		_, err := f.Accept(f.Context(), r, enqueue) // it still exists
		f.must(err)
	},
	"SaysHowAnErasureOfThisAccountEnded": func(f *fixture) {
		f.accept("completed")
		f.finish(f.accept("partly", "stripe").Targets[0].ID, start, erasure.TargetNotSupported)
		f.finish(f.accept("failed", "stripe").Targets[0].ID, start, erasure.TargetFailed)
		ended := map[string]erasure.ErasureState{
			"completed": erasure.ErasureCompleted, "partly": erasure.ErasureCompletedWithExceptions, "failed": erasure.ErasureAttentionRequired,
		}
		for _, id := range []string{"completed", "partly", "failed", "unknown"} {
			_, err := f.Accept(f.Context(), request(id), enqueue)
			erased := new(erasure.ErasedError)
			equal(f, "erased before: "+id, errors.As(err, &erased), ended[id] != "")
			equal(f, "state of "+id, erased.State, ended[id])
			other := request(id)
			other.AccountCode = otherAccount
			_, err = f.Accept(f.Context(), other, enqueue)
			equal(f, "for another account", err, erasure.ErrCustomerNotFound)
		}
	},
	"RemovesTheMerchantID": func(f *fixture) {
		f.accept("c1", "stripe")
		got, err := f.CustomersByMerchantID(f.Context(), account, "merchant-c1")
		f.must(err)
		equal(f, "customers", got, nil)
	},
	"ChangesNothingWhenItFails": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}))
		broken := errors.New("broken")
		_, err := f.Accept(f.Context(), request("c1"), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
			return errors.Join(enqueue(ctx, tx, jobs), broken)
		})
		f.wantErr(err, broken)
		equal(f, "jobs", f.jobs(), nil)
		list, err := f.ListErasures(f.Context(), erasure.ErasureFilter{})
		f.must(err)
		equal(f, "erasures", list, nil)
		found, err := f.CustomersByMerchantID(f.Context(), account, "merchant-c1")
		f.must(err)
		equal(f, "customers", found, []string{"c1"})
		_, err = f.Accept(f.Context(), request("c1"), enqueue)
		f.must(err)
	},
	"RespectsTheContext": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}))
		ended, end := context.WithCancel(f.Context())
		end()
		_, err := f.Accept(ended, request("c1"), enqueue)
		f.wantErr(err, context.Canceled)
		equal(f, "number of jobs", len(f.jobs()), 0)
	},
	// If the context ends during Accept, either the erasure exists and there is no error,
	// or there is an error and nothing has changed.
	"FailsOrHappensIfTheContextEnds": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}))
		ctx, cancel := context.WithCancel(f.Context())
		_, err := f.Accept(ctx, request("c1"), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
			cancel()
			return enqueue(ctx, tx, jobs)
		})
		if err != nil {
			f.wantErr(err, context.Canceled)
			equal(f, "number of jobs", len(f.jobs()), 0)
			_, err = f.Accept(f.Context(), request("c1"), enqueue)
			f.must(err)
		}
		equal(f, "number of jobs", len(f.jobs()), 1)
	},
	"CreatesOneErasureForFiftyConcurrentRequests": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe", "adyen", "mollie")}))
		var ids [50]string
		var fannedOut atomic.Int32
		together(len(ids), func(i int) {
			e, err := f.Accept(f.Context(), request("c1"), enqueue)
			if err != nil {
				f.Error(err)
			}
			ids[i] = e.ID
			if len(e.Targets) > 0 {
				fannedOut.Add(1)
			}
		})
		for _, id := range ids {
			equal(f, "erasure", id, ids[0])
		}
		equal(f, "erasures with targets", fannedOut.Load(), 1)
		equal(f, "jobs", f.jobs(), jobsOf(f.stored(ids[0]).Targets))
	},
	"ConcurrentlyForManyCustomers": func(f *fixture) {
		const n = 40
		batch := make([]erasure.Customer, n)
		for i := range batch {
			batch[i] = customer(fmt.Sprintf("c%d", i), "stripe", "adyen")
		}
		f.must(f.Import(f.Context(), account, batch))
		together(n, func(i int) {
			if _, err := f.Accept(f.Context(), request(batch[i].ID), enqueue); err != nil {
				f.Error(err)
			}
		})
		equal(f, "number of jobs", len(f.jobs()), 2*n)
		counts, err := f.Counts(f.Context(), start)
		f.must(err)
		equal(f, "erasures", counts.Erasures, map[erasure.ErasureState]int{erasure.ErasureInProgress: n})
	},
	"ConcurrentlyWithImportNeverRestoresACustomer": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}))
		var accepted atomic.Int32
		together(20, func(i int) {
			if i%2 == 0 {
				_ = f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}) // fails after the erasure
				return
			}
			e, err := f.Accept(f.Context(), request("c1"), enqueue)
			if err != nil {
				f.Error(err)
			}
			if len(e.Targets) > 0 {
				accepted.Add(1)
			}
		})
		equal(f, "erasures", accepted.Load(), 1)
		counts, err := f.Counts(f.Context(), start)
		f.must(err)
		equal(f, "live customers", counts.Customers, 0)
		found, err := f.CustomersByMerchantID(f.Context(), account, "merchant-c1")
		f.must(err)
		equal(f, "customers", found, nil)
	},
}
