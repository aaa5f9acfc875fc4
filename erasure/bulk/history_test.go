package bulk

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// history is a list that changes between runs that are killed. It knows what the service
// did, and what must be said of it.
type history struct {
	*testing.T
	rand   *rand.Rand
	runner *runner
	ids    []string // every id that may be in the list

	mu     sync.Mutex
	erased map[string]bool
	killed []byte // the journal as a kill leaves it; nil while the run goes on
}

// erase accepts an id once. It sometimes fails, loses a response, or is killed.
func (h *history) erase(_ context.Context, id string) Result {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.killed != nil {
		return Result{Outcome: Failed}
	}
	fate := h.rand.IntN(40)
	if fate == 0 {
		return Result{Outcome: Failed, Status: 500, Code: "INTERNAL_ERROR"}
	}
	known := !h.erased[id]
	h.erased[id] = true
	switch {
	case fate == 1:
		var err error
		if h.killed, err = os.ReadFile(h.runner.path); err != nil {
			h.Error(err)
		}
		return Result{Outcome: Failed}
	case fate == 2:
		return Result{Outcome: MaybeDeleted, Status: 504}
	case !known:
		return Result{Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}
	}
	return Result{Outcome: Accepted, Status: 202}
}

// run runs a list, and leaves the journal as a kill would if there was one.
func (h *history) run(ids []string) {
	h.Helper()
	_, err := os.Stat(h.runner.path)
	h.runner.text = strings.Join(ids, "\n")
	job := h.runner.prepare(err == nil)
	ctx, stop := context.WithCancel(h.Context())
	defer stop()
	h.killed = nil
	_ = job.Run(ctx, h.erase, RunOptions{KeepGoing: true, Concurrency: 1 + h.rand.IntN(8), Observe: func(Result) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.killed != nil {
			stop()
		}
	}})
	h.runner.checkReport(job, job.Summary())
	closeJob(h.T, job)
	if h.killed != nil {
		if cut := h.rand.IntN(60); cut < 40 && h.killed[len(h.killed)-1] == '\n' {
			h.killed = append(h.killed, `{"event":"outcome","n":0,"id":"c0","outcome":"accepted","time":"`[:cut]...)
		}
		if err := os.WriteFile(h.runner.path, h.killed, 0o600); err != nil {
			h.Fatal(err)
		}
	}
}

// check checks that the journal says of every id what the service did. An id that was
// erased is never said to be failed, not found, or not sent.
func (h *history) check() {
	h.Helper()
	got := resultsOf(h.T, h.runner.path)
	for _, id := range h.ids {
		outcome := got[id]
		switch {
		case h.erased[id] && outcome != Accepted && outcome != MaybeDeleted:
			h.Errorf("%s was erased, and is %q", id, outcome)
		case !h.erased[id] && (outcome == Accepted || outcome == NotFound):
			h.Errorf("%s was not erased, and is %q", id, outcome)
		}
	}
}

// Whatever happens to a list between runs, and wherever they are killed, nobody is lost.
func TestListsThatChangeBetweenKills(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := &history{T: t, rand: rand.New(rand.NewPCG(seed, 1)), runner: newRunner(t, 0), erased: map[string]bool{}}
			for i := range 10 + h.rand.IntN(200) {
				h.ids = append(h.ids, fmt.Sprint("c", i))
			}
			for range 12 {
				ids := slices.Clone(h.ids)
				h.rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
				h.run(ids[:1+h.rand.IntN(len(ids))])
				h.check()
			}
			for range 100 { // until a run is not killed, and nothing failed
				if h.run(h.ids); len(h.erased) == len(h.ids) && h.killed == nil {
					break
				}
			}
			h.check()
			if len(h.erased) != len(h.ids) {
				t.Errorf("%d of %d erased", len(h.erased), len(h.ids))
			}
			outcomes := slices.Collect(maps.Values(resultsOf(t, h.runner.path)))
			if len(outcomes) != len(h.ids) {
				t.Errorf("%d of %d ids have a result", len(outcomes), len(h.ids))
			}
		})
	}
}
