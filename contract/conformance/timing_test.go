package conformance

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// The server moves a fake clock, so the test measures no real time.
func TestKeyCheckTime(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	clock := func(c *runConfig) error {
		c.now = func() time.Time { return time.Unix(0, now.Load()) }
		return nil
	}
	timed := func(known, unknown time.Duration) mutation {
		return changeKeys(func(ref *reference, keys keysFunc, r *http.Request) (string, bool) {
			d := unknown
			if r.Header.Get(publicHeader) == first.PublicAPIKey {
				d = known
			}
			now.Add(int64(d) + now.Load()%7) // with some noise
			return keys(ref, r)
		})
	}
	for _, tt := range []struct {
		name           string
		known, unknown time.Duration
		want           Outcome
	}{
		{"ComparesOnlyForKnownKeys", 2000, 1000, Failed},
		{"TakesLongerForUnknownKeys", 1000, 2000, Failed},
		{"Equal", 1000, 1000, Passed},
		{"TooClose", 1000, 1050, Passed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ref := newReference()
			timed(tt.known, tt.unknown)(ref)
			report := mustRun(t, ref.target(), WithTiming(50), clock, only("key-check-time"))
			r := resultOf(t, report, "key-check-time")
			if r.Outcome != tt.want {
				t.Errorf("got %s %v, want %s", r.Outcome, r.Violations, tt.want)
			}
			if tt.want == Failed {
				wantViolation(t, report, "key-check-time", RuleCaseTime)
			}
		})
	}
}

func TestDiffer(t *testing.T) {
	t.Parallel()
	series := func(n int, f func(i int) time.Duration) []time.Duration {
		var d []time.Duration
		for i := range n {
			d = append(d, f(i))
		}
		return d
	}
	steady := func(d time.Duration) []time.Duration { return series(100, func(int) time.Duration { return d }) }
	noisy := func(d time.Duration) []time.Duration {
		return series(100, func(i int) time.Duration { return d + time.Duration(i*37%100)*d/50 })
	}
	for _, tt := range []struct {
		name string
		a, b []time.Duration
		want bool
	}{
		{"Equal", steady(100), steady(100), false},
		{"Twice", steady(100), steady(200), true},
		{"Half", steady(200), steady(100), true},
		{"CloseButSteady", steady(100), steady(105), false},
		{"NoisyAndEqual", noisy(100), noisy(100), false},
		{"NoisyAndFarApart", noisy(100), noisy(250), true},
		{"FarApartByChance", noisy(100)[:5], noisy(150)[:5], false},
		{"FewOutliers", noisy(100), append(noisy(100)[:95], steady(10_000)[:5]...), false},
	} {
		if got := differ(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
