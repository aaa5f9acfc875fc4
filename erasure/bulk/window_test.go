package bulk

import (
	"bytes"
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// At a low rate few ids are noted ahead of being sent: of those a kill makes
// unknowns.
func TestFewAreNotedAheadAtALowRate(t *testing.T) {
	for _, c := range []struct {
		name      string
		perSecond float64
		most      int // about a second's, or the workers' own
	}{
		{"One", 1, 8}, {"Ten", 10, 12}, {"Hundred", 100, 110},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRunner(t, 10+int(5*c.perSecond))
				r.cfg.Wait = NewPace(c.perSecond).Wait
				most := 0
				answered := 0
				r.server.answer = func(string, int) Result {
					content, err := os.ReadFile(r.path)
					if err != nil {
						t.Error(err)
					}
					most = max(most, bytes.Count(content, []byte(`"event":"sending"`))-answered)
					answered++
					return Result{Outcome: Accepted, Status: 202}
				}
				if _, err := r.run(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				t.Logf("up to %d at %v a second", most, c.perSecond)
				if most > c.most {
					t.Errorf("up to %d were noted without an answer, want at most %d", most, c.most)
				}
			})
		})
	}
}

func TestAhead(t *testing.T) {
	const workers = 8
	// work notes what may be noted and finishes it at a rate, n in all.
	work := func(t *testing.T, a *ahead, n int, each time.Duration) {
		t.Helper()
		for n > 0 {
			room := a.room(t.Context())
			a.add(room)
			for range room {
				time.Sleep(each)
				a.finished()
			}
			n -= room
		}
	}
	t.Run("GrowsWhileItGoesFast", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAhead(workers)
			work(t, a, 20_000, 10*time.Microsecond)
			if a.limit != maxAhead {
				t.Errorf("at most %d, want %d", a.limit, maxAhead)
			}
		})
	})
	t.Run("ShrinksWithTheRate", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAhead(workers)
			work(t, a, 20_000, time.Millisecond)
			if a.limit < 900 || a.limit > 1100 {
				t.Errorf("at most %d, want about 1000", a.limit)
			}
			work(t, a, 3_000, 50*time.Millisecond)
			if a.limit < 18 || a.limit > 22 {
				t.Errorf("at most %d, want about 20", a.limit)
			}
			work(t, a, 20, time.Minute)
			if a.limit != workers {
				t.Errorf("at most %d, want %d", a.limit, workers)
			}
		})
	})
	t.Run("ShrinksBeforeAllOfThemAreSent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAhead(workers)
			work(t, a, 20_000, time.Millisecond)
			a.add(a.limit)
			for range 3 { // the other side has slowed down
				time.Sleep(time.Second)
				a.finished()
			}
			if a.limit != workers {
				t.Errorf("at most %d, want %d", a.limit, workers)
			}
		})
	})
	t.Run("WaitsForRoom", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAhead(workers)
			a.add(workers)
			start := time.Now()
			time.AfterFunc(time.Second, a.finished)
			if n := a.room(t.Context()); n != 1 || time.Since(start) != time.Second {
				t.Errorf("room for %d after %v, want 1 after a second", n, time.Since(start))
			}
		})
	})
	t.Run("EndsWithItsContext", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAhead(workers)
			a.add(workers)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if n := a.room(ctx); n != 0 {
				t.Errorf("room for %d", n)
			}
		})
	})
	t.Run("ManyWorkers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAhead(2 * maxAhead)
			work(t, a, 100_000, time.Microsecond)
			if a.limit != 2*maxAhead {
				t.Errorf("at most %d, want one for each worker", a.limit)
			}
		})
	})
}
