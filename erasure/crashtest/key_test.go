package crashtest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
)

// expiring is a provider whose key expires after some deletions, and is replaced.
type expiring struct {
	name            string
	lasts           int64 // deletions
	expired         atomic.Bool
	refused, erased atomic.Int64
}

func (p *expiring) Name() string { return p.name }

func (p *expiring) Check(context.Context) erasure.Outcome {
	if p.expired.Load() {
		return erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: erasure.ReasonKeyRefused, Status: 401}
	}
	return erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200}
}

func (p *expiring) Erase(context.Context, erasure.Progress) erasure.Outcome {
	if p.expired.Load() {
		p.refused.Add(1)
		return erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: erasure.ReasonKeyRefused, Status: 401}
	}
	if p.erased.Add(1) == p.lasts {
		p.expired.Store(true)
	}
	return erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204}
}

// A key expires while many targets wait. The provider is left alone, the others go on,
// and once the key is replaced everything is completed without a command.
func TestAKeyThatExpiresAndIsFixed(t *testing.T) {
	t.Parallel()
	erasures := 1000
	if long() {
		erasures = 33_334 // 100,000 targets
	}
	onEach(t, func(t *testing.T, database string) {
		const workers = 16
		store := newStore(t, database)
		broken := &expiring{name: providerNames[0], lasts: 50}
		var calls atomic.Int64
		providers := []erasure.Provider{broken, instant{providerNames[1], &calls}, instant{providerNames[2], &calls}}
		queue, err := jobs.Open(t.Context(), store, jobs.Config{Workers: map[string]int{
			providerNames[0]: workers, providerNames[1]: workers, providerNames[2]: workers,
		}})
		if err != nil {
			t.Fatal(err)
		}
		service, err := erasure.NewService(store, queue.Enqueue, providers, erasure.Config{CheckEvery: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		acceptMany(t, store, benchAccount, erasures, queue.Enqueue)
		if err := queue.Start(t.Context(), service); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = queue.Stop(context.Background())
			queue.Close()
		})
		await.OK(t, "the other providers have deleted everything", func() error {
			if left := 2*erasures - int(calls.Load()); left > 0 {
				return await.Remaining(left)
			}
			return nil
		})
		await.True(t, "the provider has refused", func() bool { return broken.expired.Load() && broken.refused.Load() > 0 })
		const most = 20 + workers // those that had begun when the twentieth was refused
		if n := broken.refused.Load(); n > most {
			t.Errorf("the provider refused %d requests, want at most %d", n, most)
		}
		broken.expired.Store(false)
		await.OK(t, "everything is completed", func() error {
			counts, err := store.Counts(t.Context(), time.Now())
			if left := erasures - counts.Erasures[erasure.ErasureCompleted]; err == nil && left > 0 {
				err = await.Remaining(left)
			}
			return err
		})
		if n := broken.erased.Load(); n != int64(erasures) {
			t.Errorf("%d requests for %d targets after the key was replaced", n, erasures)
		}
	})
}
