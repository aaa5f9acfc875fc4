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
	checks          atomic.Int64
}

func (p *expiring) Name() string { return p.name }

func (p *expiring) Check(context.Context) erasure.Outcome {
	p.checks.Add(1)
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
	// 200 is several times as many as the provider may refuse.
	erasures, names, workers := 200, providerNames[:3], 16
	if long() { // all targets are of the one connection
		erasures, names, workers = 100_000, providerNames[:1], 100
	}
	onEach(t, func(t *testing.T, database string) {
		store := newStore(t, database)
		broken := &expiring{name: names[0], lasts: 50}
		var calls atomic.Int64
		providers, atOnce := []erasure.Provider{broken}, map[string]int{names[0]: workers}
		for _, name := range names[1:] {
			providers, atOnce[name] = append(providers, instant{name, &calls}), workers
		}
		queue, err := jobs.Open(t.Context(), store, jobs.Config{Workers: atOnce})
		if err != nil {
			t.Fatal(err)
		}
		service, err := erasure.NewService(store, queue.Enqueue, providers, erasure.Config{CheckEvery: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		acceptMany(t, store, benchAccount, erasures, names, queue.Enqueue)
		if err := queue.Start(t.Context(), service); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = queue.Stop(context.Background())
			queue.Close()
		})
		// reached waits until a counter is at least at a number.
		reached := func(what string, counter *atomic.Int64, n int) {
			t.Helper()
			await.OK(t, what, func() error {
				if left := n - int(counter.Load()); left > 0 {
					return await.Remaining(left)
				}
				return nil
			})
		}
		reached("the other providers have deleted everything", &calls, (len(names)-1)*erasures)
		reached("the provider has refused", &broken.refused, 1)
		reached("the key is checked again and again", &broken.checks, int(broken.checks.Load())+4)
		refused := int(broken.refused.Load())
		if most := 20 + workers; refused > most { // those that had begun when the twentieth was refused
			t.Errorf("the provider refused %d requests, want at most %d", refused, most)
		}
		reached("the key is still refused", &broken.checks, int(broken.checks.Load())+2)
		if n := int(broken.refused.Load()); n > refused {
			t.Errorf("%d requests during the pause", n-refused)
		}
		broken.expired.Store(false)
		fixed := time.Now()
		reached("the first deletion", &broken.erased, int(broken.lasts)+1)
		t.Logf("refused %d times; went on %v after the key was replaced", refused, time.Since(fixed).Round(time.Millisecond))
		reached("everything is deleted", &broken.erased, erasures)
		await.OK(t, "everything is completed", func() error {
			counts, err := store.Counts(t.Context(), time.Now())
			if left := erasures - counts.Erasures[erasure.ErasureCompleted]; err == nil && left > 0 {
				err = await.Remaining(left)
			}
			return err
		})
		t.Logf("%d targets completed %v after the key was replaced", erasures, time.Since(fixed).Round(time.Second))
		if n := broken.erased.Load(); n != int64(erasures) {
			t.Errorf("%d requests for %d targets after the key was replaced", n, erasures)
		}
	})
}
