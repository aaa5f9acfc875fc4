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

// hesitant is a provider that refuses its key for the first requests, and never when it is
// checked.
type hesitant struct {
	refuses int64
	check   erasure.Outcome
	asked   atomic.Int64
}

func (*hesitant) Name() string { return providerNames[0] }

func (p *hesitant) Check(context.Context) erasure.Outcome { return p.check }

func (p *hesitant) Erase(context.Context, erasure.Progress) erasure.Outcome {
	if p.asked.Add(1) <= p.refuses {
		return erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: erasure.ReasonKeyRefused, Status: 401}
	}
	return erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204}
}

// A provider refuses its key so seldom that its connection is not paused. Once it works,
// everything is completed without a command.
func TestAKeyThatIsRefusedAFewTimes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		erasures, refuses int64
		check             erasure.Outcome
	}{
		"Check":   {5, 5, erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200}},
		"NoCheck": {8, 5, erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: erasure.ReasonNoCheck}}, // the sixth shows that it works
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, database string) {
				store := newStore(t, database)
				p := &hesitant{refuses: test.refuses, check: test.check}
				queue, err := jobs.Open(t.Context(), store, jobs.Config{Workers: map[string]int{p.Name(): 1}, HeartbeatTimeout: 3 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				service, err := erasure.NewService(store, queue.Enqueue, []erasure.Provider{p},
					erasure.Config{CheckEvery: time.Second, HeartbeatTimeout: 3 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				acceptMany(t, store, benchAccount, int(test.erasures), []string{p.Name()}, queue.Enqueue)
				if err := queue.Start(t.Context(), service); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					_ = queue.Stop(context.Background())
					queue.Close()
				})
				await.OK(t, "everything is completed", func() error {
					counts, err := store.Counts(t.Context(), time.Now())
					if left := int(test.erasures) - counts.Erasures[erasure.ErasureCompleted]; err == nil && left > 0 {
						err = await.Remaining(left)
					}
					return err
				})
				if n := p.asked.Load(); n != test.erasures+test.refuses {
					t.Errorf("%d requests for %d targets, of which %d were refused once", n, test.erasures, test.refuses)
				}
				connections, err := store.Connections(t.Context())
				if err != nil || len(connections) != 1 || connections[0].Paused() || connections[0].Pauses > 0 {
					t.Errorf("the connections are %+v, %v", connections, err)
				}
			})
		})
	}
}
