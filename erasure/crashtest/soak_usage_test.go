package crashtest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// usage is what the process that is never restarted uses, sample by sample.
type usage struct {
	mu      sync.Mutex
	samples [][]float64 // one value for each of measures
}

// measure is one value of /metrics that must not grow.
type measure struct {
	name, metric string
	scale        float64
	// margin is by how much it may grow, besides half of what it was.
	margin float64
}

// measures. The next collection of the heap begins when it is twice as large as what the
// last one left.
var measures = []measure{
	{"MB of heap", "go_memstats_next_gc_bytes", 1.0 / 2 / (1 << 20), 16},
	{"MB resident", "process_resident_memory_bytes", 1.0 / (1 << 20), 32},
	{"goroutines", "go_goroutines", 1, 50},
	{"open files", "process_open_fds", 1, 50},
}

// observe takes samples, and logs a line every minute.
func (k *soak) observe(ctx context.Context) {
	said := time.Now()
	for pause(ctx, 5*time.Second) {
		for _, sl := range k.slots {
			if sl.steady.Load() {
				k.usage.sample(ctx, sl.service())
			}
		}
		if time.Since(said) >= time.Minute {
			said = time.Now()
			k.t.Logf("%v: %s", k.age(), k.line())
		}
	}
}

// sample takes a sample, unless the process has no time for that.
func (u *usage) sample(ctx context.Context, v *service) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	text, err := v.operations(ctx, "/metrics")
	if err != nil {
		return
	}
	values := make([]float64, len(measures))
	for i, m := range measures {
		found := regexp.MustCompile(`(?m)^` + m.metric + ` (\S+)$`).FindSubmatch(text)
		if found == nil {
			return
		}
		value, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			return
		}
		values[i] = value * m.scale
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.samples = append(u.samples, values)
}

// quarters returns the median of each measure in each quarter of the samples; nil if
// there are too few.
func (u *usage) quarters() (medians [][4]float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := len(u.samples)
	if n < 8 {
		return nil
	}
	medians = make([][4]float64, len(measures))
	for i := range measures {
		for q := range 4 {
			var values []float64
			for _, sample := range u.samples[q*n/4 : (q+1)*n/4] {
				values = append(values, sample[i])
			}
			slices.Sort(values)
			medians[i][q] = values[len(values)/2]
		}
	}
	return medians
}

// line has the medians of the quarters.
func (u *usage) line() string {
	medians := u.quarters()
	if medians == nil {
		return "no process has run for long"
	}
	var parts []string
	for i, m := range measures {
		q := medians[i]
		parts = append(parts, fmt.Sprintf("%.0f %.0f %.0f %.0f %s", q[0], q[1], q[2], q[3], m.name))
	}
	return strings.Join(parts, ", ")
}

// grown names a measure that has grown clearly from the first quarter to the last; empty
// if none has.
func (u *usage) grown() string {
	medians := u.quarters()
	if medians == nil {
		return "nothing was measured"
	}
	for i, m := range measures {
		if first, last := medians[i][0], medians[i][3]; last > 1.5*first+m.margin {
			return fmt.Sprintf("%s: %.0f in the first quarter, %.0f in the last", m.name, first, last)
		}
	}
	return ""
}

func (u *usage) verify(t testing.TB) {
	t.Helper()
	t.Logf("medians of the quarters: %s", u.line())
	if grown := u.grown(); grown != "" {
		t.Errorf("a process that was never restarted needs more and more: %s", grown)
	}
}

// What grows must be found, and what only varies must not.
func TestGrownUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		samples int
		value   func(n int) float64
		want    string
	}{
		"Flat":    {100, func(int) float64 { return 60 }, ""},
		"Varies":  {100, func(n int) float64 { return 60 + 500*float64(n%10/8) }, ""},
		"Grows":   {100, func(n int) float64 { return 60 + 3*float64(n) }, "heap"},
		"Warmup":  {100, func(n int) float64 { return min(60, 40+float64(n)) }, ""},
		"TooFew":  {7, func(int) float64 { return 60 }, "nothing was measured"},
		"Doubles": {100, func(n int) float64 { return 100 * float64(1+n/75) }, "heap: 100 in the first quarter, 200 in the last"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &usage{}
			for n := range test.samples {
				u.samples = append(u.samples, slices.Repeat([]float64{test.value(n)}, len(measures)))
			}
			if got := u.grown(); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
