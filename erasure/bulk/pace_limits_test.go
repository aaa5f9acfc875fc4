package bulk

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestPaceDetails(t *testing.T) {
	rateOf := func(p *Pace) float64 { rate, _ := p.Rate(); return rate }
	for name, f := range map[string]func(*testing.T){
		"AShorterPauseDoesNotEndALongerOne": func(t *testing.T) {
			p, start := NewPace(0), time.Now()
			p.Throttled(time.Minute)
			p.Throttled(0)
			if err := p.Wait(t.Context()); err != nil || time.Since(start) < time.Minute {
				t.Errorf("waited %v, %v", time.Since(start), err)
			}
		},
		"DoesNotRecoverAtOnce": func(t *testing.T) {
			p := NewPace(100)
			count(t, p, 3*time.Second)
			p.Throttled(0)
			before := rateOf(p)
			if err := p.Wait(t.Context()); err != nil || rateOf(p) != before {
				t.Errorf("%v, then %v, %v", before, rateOf(p), err)
			}
		},
		"LearnsAHigherRateAgain": func(t *testing.T) {
			p := NewPace(0)
			for _, perSecond := range []time.Duration{20, 200} {
				for range 40 * perSecond { // long enough to recover
					if err := p.Wait(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second / perSecond)
				}
				p.Throttled(0)
			}
			for range 5 {
				time.Sleep(time.Second)
				_ = p.Wait(t.Context())
			}
			if _, limited := p.Rate(); !limited || rateOf(p) < 120 {
				t.Errorf("at %v: recovers only to a rate of long ago", rateOf(p))
			}
		},
		"RecoversStepByStep": func(t *testing.T) {
			p := NewPace(100)
			count(t, p, 3*time.Second)
			p.Throttled(0)
			count(t, p, 1500*time.Millisecond)
			p.Throttled(0)
			count(t, p, 11*time.Second)
			if rateOf(p) > 95 {
				t.Errorf("at %v after 11 seconds: has jumped", rateOf(p))
			}
		},
		"StaysBelowALowLimit": func(t *testing.T) {
			p := NewPace(0.5)
			p.Throttled(0)
			if rateOf(p) > 0.5 {
				t.Errorf("at %v", rateOf(p))
			}
		},
		"ContextThatHasEnded": func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := NewPace(0).Wait(ctx); err == nil {
				t.Error("no error")
			}
		},
		"ABurstIsNotARate": func(t *testing.T) {
			p := NewPace(0)
			for range 11 {
				_ = p.Wait(t.Context())
			}
			p.Throttled(0)
			if rateOf(p) > 1000 {
				t.Errorf("at %v after a burst of ten", rateOf(p))
			}
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
}
