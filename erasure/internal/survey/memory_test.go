package survey_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// heapPeak returns the most that is alive at any time of a survey of n ids.
func heapPeak(t *testing.T, n int) (peak uint64) {
	t.Helper()
	var mu sync.Mutex // the list is read while results are observed
	seen := 0
	count := func() {
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen%(n/4) == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	source := func(_ context.Context, yield func(survey.Record) error) error {
		for i := range n {
			if err := yield(survey.Record{Line: i + 1, ID: fmt.Sprintf("customer-%08d", i)}); err != nil {
				return err
			}
			count()
		}
		return nil
	}
	o := (&trial{journal: newJournal(t), options: survey.Options{Resume: true}}).complete()
	for range 2 {
		list, err := survey.Scan(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		s, err := survey.Open(t.Context(), list, o)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(context.Context, string) (survey.Result, error) { return survey.Result{Outcome: survey.Gone}, nil }
		err = s.Run(t.Context(), ask, survey.RunOptions{Observe: func(survey.Result) { count() }})
		if err != nil || s.Counts()[survey.Gone] != n {
			t.Fatalf("%v, %v", s.Counts(), err)
		}
		if err := s.Results(t.Context(), func(survey.Result) error { count(); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		list.Close()
	}
	return peak
}

// Many times the ids take two bits more per id, and nothing else. A set of the ids or of
// their digests takes 100 times as much.
func TestMemoryPerID(t *testing.T) { // not in parallel: the memory of other tests would count
	const few, many, perID = 5_000, 60_000, 0.5
	small, large := heapPeak(t, few), heapPeak(t, many)
	t.Logf("%d KiB for %d ids, %d KiB for %d", small>>10, few, large>>10, many)
	const steps = 1 << 20 // blocks of the index, chunks of bits, a part in memory
	if grown := float64(large) - float64(small); grown > perID*(many-few)+steps {
		t.Errorf("%.1f bytes per additional id", grown/(many-few))
	}
}
