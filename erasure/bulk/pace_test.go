package bulk

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// count returns how many requests start within d.
func count(t *testing.T, p *Pace, d time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	n := 0
	for p.Wait(ctx) == nil {
		n++
	}
	return n
}

func TestPace(t *testing.T) {
	t.Run("KeepsTheRate", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if n := count(t, NewPace(10), 10*time.Second); n < 99 || n > 102 {
				t.Errorf("%d in ten seconds at ten per second", n)
			}
		})
	})
	t.Run("HalvesOnceForResponsesThatArriveTogether", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(100)
			count(t, p, 3*time.Second)
			for range 8 {
				p.Throttled(0)
			}
			if rate, limited := p.Rate(); !limited || rate < 45 || rate > 55 {
				t.Errorf("at %v, want about 50", rate)
			}
		})
	})
	t.Run("RecoversGradually", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(100)
			count(t, p, 3*time.Second)
			p.Throttled(0)
			first := count(t, p, 3*time.Second)
			count(t, p, 15*time.Second)
			later := count(t, p, 3*time.Second)
			if first > 220 || later < 290 {
				t.Errorf("%d at first, %d later", first, later)
			}
			if rate, _ := p.Rate(); rate != 100 {
				t.Errorf("at %v, want 100 again", rate)
			}
		})
	})
	t.Run("RetryAfterPausesAllRequests", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(0)
			p.Throttled(30 * time.Second)
			start := time.Now()
			if err := p.Wait(t.Context()); err != nil || time.Since(start) < 30*time.Second {
				t.Errorf("waited %v, %v", time.Since(start), err)
			}
		})
	})
	t.Run("RetryAfterPausesAWorkerThatWaitsForItsTurn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(1)
			start := time.Now()
			var workers sync.WaitGroup
			starts := make(chan time.Duration, 10)
			for range 5 { // they wait for 0 to 4 seconds
				workers.Go(func() {
					if p.Wait(t.Context()) == nil {
						starts <- time.Since(start)
					}
				})
			}
			time.Sleep(1500 * time.Millisecond) // two have started
			p.Throttled(30 * time.Second)
			workers.Wait()
			close(starts)
			last := time.Duration(0)
			n := 0
			for at := range starts {
				if n++; n > 2 && (at < 31500*time.Millisecond || at-last < time.Second/2) {
					t.Errorf("request %d started after %v, %v after the one before", n, at, at-last)
				}
				last = at
			}
			if n != 5 {
				t.Errorf("%d started", n)
			}
		})
	})
	t.Run("LearnsALimit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(0)
			if _, limited := p.Rate(); limited {
				t.Error("limited from the start")
			}
			for range 100 { // 50 per second
				if err := p.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond)
			}
			p.Throttled(0)
			if rate, limited := p.Rate(); !limited || rate < 20 || rate > 30 {
				t.Errorf("at %v, want about 25", rate)
			}
			for range 300 { // Wait takes no time without a limit
				if err := p.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if rate, limited := p.Rate(); limited {
				t.Errorf("still at %v", rate)
			}
		})
	})
	t.Run("NeverStops", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(1)
			for range 50 {
				time.Sleep(2 * time.Second)
				p.Throttled(0)
			}
			if rate, _ := p.Rate(); rate < float64(minRate) {
				t.Errorf("at %v", rate)
			}
		})
	})
	t.Run("ContextEndsAPause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(0)
			p.Throttled(time.Hour)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := p.Wait(ctx); err == nil {
				t.Error("did not end")
			}
		})
	})
}
