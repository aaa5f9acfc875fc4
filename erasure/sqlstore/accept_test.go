package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

var acceptTests = map[string]func(*bench){
	"ReturnsTheErasure": func(b *bench) {
		e := b.accept("c1", "stripe", "adyen")
		want := erasure.Erasure{
			ID: e.ID, AccountCode: account, CustomerID: "c1", State: erasure.ErasureInProgress,
			AcceptedAt: start, Deadline: start.Add(30 * 24 * time.Hour),
		}
		for i, provider := range []string{"adyen", "stripe"} { // by name
			if len(e.Targets) != 2 {
				b.Fatalf("%d targets, want 2", len(e.Targets))
			}
			want.Targets = append(want.Targets, erasure.Target{
				ID: e.Targets[i].ID, ErasureID: e.ID, Provider: provider, State: erasure.TargetPending,
				NextAt: start, UpdatedAt: start,
			})
		}
		equal(b, "accepted", e, want)
		equal(b, "stored", b.erasure(e.ID), want)
		equal(b, "jobs", b.jobs(), jobsOf(e.Targets))
	},
	"HandsOverTheReferences": func(b *bench) {
		e := b.accept("c1", "stripe", "adyen")
		for _, target := range e.Targets {
			attempt := b.begin(target.ID, start)
			equal(b, "references", attempt.References, references(target.Provider, "c1"))
			equal(b, "deadline", attempt.Deadline, e.Deadline)
		}
	},
	"AgainReturnsTheSameErasure": func(b *bench) {
		e := b.accept("c1", "stripe")
		b.begin(e.Targets[0].ID, start)
		r := request("c1")
		r.At, r.Deadline = start.Add(time.Hour), start.Add(time.Hour)
		again, err := b.Accept(b.ctx, r, enqueue)
		b.must(err)
		equal(b, "targets returned", again.Targets, nil)
		want := e
		want.Targets = nil
		equal(b, "erasure", again, want)
		equal(b, "jobs", b.jobs(), jobsOf(e.Targets))
	},
	"CompletesWithoutConnections": func(b *bench) {
		e := b.accept("c1")
		equal(b, "state", e.State, erasure.ErasureCompleted)
		equal(b, "final at", e.FinalAt, start)
		equal(b, "stored", b.erasure(e.ID), e)
		equal(b, "jobs", b.jobs(), nil)
	},
	"FindsNoOtherCustomer": func(b *bench) {
		b.must(b.Import(b.ctx, otherAccount, []erasure.Customer{customer("theirs", "stripe")}))
		b.accept("complete")
		failed := b.accept("failed", "stripe")
		b.finish(failed.Targets[0].ID, start, erasure.TargetFailed)
		before := b.jobs()
		for _, id := range []string{"unknown", "theirs", "complete", "failed", "", "\x00", "theirs\x00", "\xff\xfe", "COMPLETE"} {
			e, err := b.Accept(b.ctx, request(id), enqueue)
			b.wantErr(err, erasure.ErrCustomerNotFound)
			equal(b, "erasure of "+id, e, erasure.Erasure{})
		}
		for _, code := range []string{"", "unknown", account + "\x00"} {
			r := request("theirs")
			r.AccountCode = code
			_, err := b.Accept(b.ctx, r, enqueue)
			b.wantErr(err, erasure.ErrCustomerNotFound)
		}
		equal(b, "jobs", b.jobs(), before)
		r := request("theirs")
		r.AccountCode = otherAccount
		_, err := b.Accept(b.ctx, r, enqueue) // still there
		b.must(err)
	},
	"ForgetsTheMerchantID": func(b *bench) {
		b.accept("c1", "stripe")
		got, err := b.CustomersByMerchantID(b.ctx, account, "merchant-c1")
		b.must(err)
		equal(b, "customers", got, nil)
	},
	"ChangesNothingWhenItFails": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe")}))
		broken := errors.New("broken")
		_, err := b.Accept(b.ctx, request("c1"), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
			return errors.Join(enqueue(ctx, tx, jobs), broken)
		})
		b.wantErr(err, broken)
		equal(b, "jobs", b.jobs(), nil)
		list, err := b.Erasures(b.ctx, erasure.ErasureFilter{})
		b.must(err)
		equal(b, "erasures", list, nil)
		found, err := b.CustomersByMerchantID(b.ctx, account, "merchant-c1")
		b.must(err)
		equal(b, "customers", found, []string{"c1"})
		_, err = b.Accept(b.ctx, request("c1"), enqueue)
		b.must(err)
	},
	"HonoursTheContext": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe")}))
		ended, end := context.WithCancel(b.ctx)
		end()
		_, err := b.Accept(ended, request("c1"), enqueue)
		b.wantErr(err, context.Canceled)
		equal(b, "number of jobs", len(b.jobs()), 0)
	},
	// A context that ends meanwhile may stop it or not, but whole: what is
	// accepted is not reported as an error, and the other way round.
	"DoesNotFailAndHappen": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe")}))
		ctx, cancel := context.WithCancel(b.ctx)
		_, err := b.Accept(ctx, request("c1"), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
			cancel()
			return enqueue(ctx, tx, jobs)
		})
		if err != nil {
			b.wantErr(err, context.Canceled)
			equal(b, "number of jobs", len(b.jobs()), 0)
			_, err = b.Accept(b.ctx, request("c1"), enqueue)
			b.must(err)
		}
		equal(b, "number of jobs", len(b.jobs()), 1)
	},
	"OnceOfFiftyAtOnce": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe", "adyen", "mollie")}))
		var ids [50]string
		var fannedOut atomic.Int32
		together(len(ids), func(i int) {
			e, err := b.Accept(b.ctx, request("c1"), enqueue)
			if err != nil {
				b.Error(err)
			}
			ids[i] = e.ID
			if len(e.Targets) > 0 {
				fannedOut.Add(1)
			}
		})
		for _, id := range ids {
			equal(b, "erasure", id, ids[0])
		}
		equal(b, "erasures with targets", fannedOut.Load(), 1)
		equal(b, "jobs", b.jobs(), jobsOf(b.erasure(ids[0]).Targets))
	},
	"ManyCustomersAtOnce": func(b *bench) {
		const n = 40
		batch := make([]erasure.Customer, n)
		for i := range batch {
			batch[i] = customer(fmt.Sprintf("c%d", i), "stripe", "adyen")
		}
		b.must(b.Import(b.ctx, account, batch))
		together(n, func(i int) {
			if _, err := b.Accept(b.ctx, request(batch[i].ID), enqueue); err != nil {
				b.Error(err)
			}
		})
		equal(b, "number of jobs", len(b.jobs()), 2*n)
		counts, err := b.Counts(b.ctx, start)
		b.must(err)
		equal(b, "erasures", counts.Erasures, map[erasure.ErasureState]int{erasure.ErasureInProgress: n})
	},
	"AndImportAtOnceNeverBringBack": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe")}))
		var accepted atomic.Int32
		together(20, func(i int) {
			if i%2 == 0 {
				_ = b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe")}) // refused once it is erased
				return
			}
			e, err := b.Accept(b.ctx, request("c1"), enqueue)
			if err != nil {
				b.Error(err)
			}
			if len(e.Targets) > 0 {
				accepted.Add(1)
			}
		})
		equal(b, "erasures", accepted.Load(), 1)
		counts, err := b.Counts(b.ctx, start)
		b.must(err)
		equal(b, "live customers", counts.Customers, 0)
		found, err := b.CustomersByMerchantID(b.ctx, account, "merchant-c1")
		b.must(err)
		equal(b, "customers", found, nil)
	},
}
