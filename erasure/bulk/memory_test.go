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

// heapPeak returns the most that is alive at any time of a run of n ids, measured after
// the scan, while the ids are sent, and while the report is read.
func heapPeak(t *testing.T, n int) (peak uint64) {
	t.Helper()
	measure := func() {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	source := func() (io.Reader, error) { return &idReader{n: n}, nil }
	list, err := Scan(t.Context(), source, Format{})
	if err != nil {
		t.Fatal(err)
	}
	measure()
	job, err := Prepare(t.Context(), list, optionsFor(filepath.Join(t.TempDir(), "journal"), false))
	if err != nil {
		t.Fatal(err)
	}
	defer closeJob(t, job)
	job.maxWindow = 1024 // its size is chance when the heap is measured
	seen := 0
	count := func() {
		if seen++; seen%(n/4) == 0 {
			measure()
		}
	}
	erase := func(context.Context, string) Result { return Result{Outcome: Accepted, Status: 202} }
	err = job.Run(t.Context(), erase, RunOptions{Observe: func(Result) { count() }})
	if err != nil || job.Summary().Accepted != n {
		t.Fatalf("%+v, %v", job.Summary(), err)
	}
	if err := job.Results(func(Result) error { count(); return nil }); err != nil || seen != 2*n {
		t.Fatalf("%d seen, %v", seen, err)
	}
	return peak
}

// Twenty times the ids take a byte and a bit more per id, and nothing else. A set of the
// ids, of their digests or of their offsets in the journal takes 5 to 50 times as much.
func TestMemoryPerID(t *testing.T) { // not in parallel: the memory of other tests would count
	const few, many, perID = 20_000, 400_000, 1.25
	small, large := heapPeak(t, few), heapPeak(t, many)
	grown := float64(large) - float64(small)
	t.Logf("%d KiB for %d ids, %d KiB for %d", small>>10, few, large>>10, many)
	// The blocks of digests and the states grow in steps.
	const steps = 1 << 20
	if grown > perID*(many-few)+steps {
		t.Errorf("%.1f bytes per additional id", grown/(many-few))
	}
}
