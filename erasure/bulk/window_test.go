package bulk

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// At a low rate few ids are journalled ahead of being sent, because a kill leaves those
// ambiguous.
func TestWindowIsSmallAtALowRate(t *testing.T) {
	for _, c := range []struct {
		name      string
		perSecond float64
		most      int // about a second's, or the workers' own
	}{
		{"One", 1, 8}, {"Ten", 10, 12}, {"Hundred", 100, 120},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRunner(t, 10+int(5*c.perSecond))
				r.options.Wait = NewPace(c.perSecond).Wait
				most := 0
				responses := 0
				r.server.respond = func(string, int) Result {
					content, err := os.ReadFile(r.path)
					if err != nil {
						t.Error(err)
					}
					most = max(most, bytes.Count(content, []byte(`"event":"sending"`))-responses)
					responses++
					return Result{Outcome: Accepted, Status: 202}
				}
				if _, err := r.run(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				t.Logf("up to %d at %v a second", most, c.perSecond)
				if most > c.most {
					t.Errorf("up to %d were journalled without a response, want at most %d", most, c.most)
				}
			})
		})
	}
}

func TestWindow(t *testing.T) {
	const workers = 8
	// work adds what the window has room for and finishes it at a rate, n records in all.
	// Each group takes a sync, which delays everything else.
	workSlowly := func(t *testing.T, w *window, n int, each, syncTime time.Duration) {
		t.Helper()
		for n > 0 {
			room := w.room(t.Context())
			w.add(room, syncTime)
			time.Sleep(syncTime)
			for range room {
				w.started()
				time.Sleep(each)
				w.finished()
			}
			n -= room
		}
	}
	work := func(t *testing.T, w *window, n int, each time.Duration) {
		t.Helper()
		workSlowly(t, w, n, each, 0)
	}
	t.Run("GrowsAtAHighRate", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(workers)
			work(t, w, 20_000, 10*time.Microsecond)
			if w.limit != usualWindow {
				t.Errorf("at most %d, want %d", w.limit, usualWindow)
			}
		})
	})
	t.Run("FollowsTheServiceAndNotTheDisk", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(workers)
			workSlowly(t, w, 10_000, 2*time.Millisecond, 0)
			if w.limit < 450 || w.limit > 550 {
				t.Errorf("at most %d, want what takes a second", w.limit)
			}
			workSlowly(t, w, 10_000, 2*time.Millisecond, time.Second)
			if w.limit < 1350 || w.limit > 1650 {
				t.Errorf("at most %d, want what takes three syncs", w.limit)
			}
			workSlowly(t, w, 100_000, 10*time.Microsecond, time.Second)
			if w.limit != maxWindow {
				t.Errorf("at most %d, want %d", w.limit, maxWindow)
			}
			workSlowly(t, w, 100_000, 2*time.Millisecond, 0)
			if w.limit < 450 || w.limit > 550 {
				t.Errorf("at most %d, want what takes a second: the disk is fast again", w.limit)
			}
			workSlowly(t, w, 50, time.Minute, time.Second)
			if w.limit != workers {
				t.Errorf("at most %d, want %d", w.limit, workers)
			}
		})
	})
	t.Run("ShrinksWithTheRate", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(workers)
			work(t, w, 20_000, time.Millisecond)
			if w.limit < 900 || w.limit > 1100 {
				t.Errorf("at most %d, want about 1000", w.limit)
			}
			work(t, w, 3_000, 50*time.Millisecond)
			if w.limit < 18 || w.limit > 22 {
				t.Errorf("at most %d, want about 20", w.limit)
			}
			work(t, w, 20, time.Minute)
			if w.limit != workers {
				t.Errorf("at most %d, want %d", w.limit, workers)
			}
		})
	})
	t.Run("ShrinksBeforeAllOfThemAreSent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(workers)
			work(t, w, 20_000, time.Millisecond)
			w.add(w.limit, 0)
			w.started()
			for range 3 { // the other side has slowed down
				time.Sleep(time.Second)
				w.started()
				w.finished()
			}
			if w.limit != workers {
				t.Errorf("at most %d, want %d", w.limit, workers)
			}
		})
	})
	t.Run("WaitsForRoom", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(workers)
			w.add(workers, 0)
			w.started()
			start := time.Now()
			time.AfterFunc(time.Second, w.finished)
			if n := w.room(t.Context()); n != 1 || time.Since(start) != time.Second {
				t.Errorf("room for %d after %v, want 1 after a second", n, time.Since(start))
			}
		})
	})
	t.Run("EndsWithItsContext", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(workers)
			w.add(workers, 0)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if n := w.room(ctx); n != 0 {
				t.Errorf("room for %d", n)
			}
		})
	})
	t.Run("HasRoomForEveryWorker", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(2 * maxWindow)
			work(t, w, 400_000, time.Microsecond)
			if w.limit != 2*maxWindow {
				t.Errorf("at most %d, want one per worker", w.limit)
			}
		})
	})
}

// Few ids are journalled ahead of the first one.
func TestGroupsStartSmall(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 5000)
	first := true
	r.server.respond = func(string, int) Result {
		if first {
			first = false
			content, err := os.ReadFile(r.path)
			if n := strings.Count(string(content), `"event":"sending"`); err != nil || n > 500 {
				t.Errorf("%d journalled ahead of the first, %v", n, err)
			}
		}
		return Result{Outcome: Accepted}
	}
	if _, err := r.run(t.Context(), false); err != nil {
		t.Error(err)
	}
}
