package bulk

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"testing"
)

// idReader generates a long list, one id per line.
type idReader struct{ n, next int }

func (r *idReader) Read(p []byte) (int, error) {
	if r.next == r.n {
		return 0, io.EOF
	}
	line := append(p[:0], fmt.Sprintf("0b1f7e0c-95f0-4a35-8f0d-%012d\n", r.next)...)
	r.next++
	return len(line), nil
}

// heap is the most that was alive at any time when it was measured.
type heap struct{ peak uint64 }

func (h *heap) measure() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapAlloc)
}

// run runs the ids from one number to before another, which sends some of them, and
// measures after the scan, while the ids are sent, and while the report of all is read.
func (h *heap) run(t *testing.T, journal string, from, to, sent, all int) {
	t.Helper()
	source := func() (io.Reader, error) { return &idReader{n: to, next: from}, nil }
	list, err := Scan(t.Context(), source, Format{})
	if err != nil {
		t.Fatal(err)
	}
	h.measure()
	job, err := Prepare(t.Context(), list, optionsFor(journal, from > 0))
	if err != nil {
		t.Fatal(err)
	}
	defer closeJob(t, job)
	h.measure()
	job.maxWindow = 1024 // its size is chance when the heap is measured
	if from == 0 {
		(&disk{}).holds(job) // without syncs, which take most of the time
	}
	seen := 0
	count := func() {
		if seen++; seen%(sent/4) == 0 {
			h.measure()
		}
	}
	erase := func(context.Context, string) Result { return Result{Outcome: Accepted, Status: 202} }
	err = job.Run(t.Context(), erase, RunOptions{Observe: func(Result) { count() }})
	if err != nil || job.Summary().Accepted != to-from || seen != sent {
		t.Fatalf("%+v, %v, %d sent", job.Summary(), err, seen)
	}
	if err := job.Results(func(Result) error { count(); return nil }); err != nil || seen != sent+all {
		t.Fatalf("%d seen, %v", seen, err)
	}
}

// Twenty times the ids take a byte and a bit more per id, and nothing else, also if the
// list has changed since. A set of the ids, of their digests or of their offsets in the
// journal takes 5 to 50 times as much.
func TestMemoryPerID(t *testing.T) { // not in parallel: the memory of other tests would count
	const few, many, perID = 20_000, 300_000, 1.25
	var small, large, smallChanged, largeChanged heap
	for _, c := range []struct {
		ids            int
		first, changed *heap
	}{{few, &small, &smallChanged}, {many, &large, &largeChanged}} {
		journal := filepath.Join(t.TempDir(), "journal")
		c.first.run(t, journal, 0, c.ids, c.ids, c.ids)
		c.changed.run(t, journal, c.ids/4, c.ids+c.ids/4, c.ids/4, c.ids+c.ids/4)
	}
	for name, grown := range map[string]float64{
		"a list":           float64(large.peak) - float64(small.peak),
		"one that changed": (float64(largeChanged.peak) - float64(smallChanged.peak)) / 1.25, // with the ids that are gone
	} {
		t.Logf("%s: %.2f bytes per additional id", name, grown/(many-few))
		// The blocks of digests and the states grow in steps.
		const steps = 1 << 20
		if grown > perID*(many-few)+steps {
			t.Errorf("%s: %.1f bytes per additional id", name, grown/(many-few))
		}
	}
}
