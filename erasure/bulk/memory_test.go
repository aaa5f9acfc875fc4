package bulk

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"testing"
)

// idReader makes up the ids of a long list, a line each.
type idReader struct{ n, next int }

func (r *idReader) Read(p []byte) (int, error) {
	if r.next == r.n {
		return 0, io.EOF
	}
	line := append(p[:0], fmt.Sprintf("0b1f7e0c-95f0-4a35-8f0d-%012d\n", r.next)...)
	r.next++
	return len(line), nil
}

// heapPeak is the most that is alive at any time of a batch of n ids, looked at after
// the census, while it is sent, and while the report is read.
func heapPeak(t *testing.T, n int) (peak uint64) {
	t.Helper()
	look := func() {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	c, err := TakeCensus(t.Context(), &idReader{n: n}, Format{}, func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	look()
	j, err := CreateJournal(filepath.Join(t.TempDir(), "journal"), header, c)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	seen := 0
	every := func() {
		if seen++; seen%(n/4) == 0 {
			look()
		}
	}
	erase := func(context.Context, string) Result { return Result{Outcome: Accepted, Status: 202} }
	err = Run(t.Context(), t.Context(), &idReader{n: n}, Format{}, j, erase, Config{Observe: func(Result) { every() }})
	if err != nil || c.Summary().Accepted != n {
		t.Fatalf("%+v, %v", c.Summary(), err)
	}
	if err := j.Results(func(Result) error { every(); return nil }); err != nil || seen != 2*n {
		t.Fatalf("%d seen, %v", seen, err)
	}
	return peak
}

// Twenty times the ids take a byte and a bit more for each of them, and nothing else. A
// set of the ids, of their digests or of their places in the journal is 5 to 50 times
// as much.
func TestMemoryPerID(t *testing.T) { // not in parallel: others' memory would count
	const few, many, perID = 20_000, 400_000, 1.25
	small, large := heapPeak(t, few), heapPeak(t, many)
	grown := float64(large) - float64(small)
	t.Logf("%d KiB for %d ids, %d KiB for %d", small>>10, few, large>>10, many)
	// The blocks of duplicates and the states grow in steps, and how much is noted
	// ahead when it is looked at is chance.
	const steps = 1 << 20
	if grown > perID*(many-few)+steps {
		t.Errorf("%.1f bytes for each id more", grown/(many-few))
	}
}
