package crashtest

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// BenchmarkMemory measures the peak memory of a service that serves deletes and metrics
// while 100,000 targets wait for providers that are down.
func BenchmarkMemory(b *testing.B) {
	const waiting = 100_000
	onEachDurable(b, "", func(b *testing.B, newDatabase func(testing.TB) string) {
		s := newSystem(b, newDatabase(b))
		s.simulate()
		for _, sim := range s.sims {
			sim.Misbehave(func(int) providersim.Fault { return providersim.Unavailable(time.Hour) })
		}
		store := s.open()
		workers := map[string]int{}
		for _, name := range providerNames {
			workers[name] = 1
		}
		queue, err := jobs.Open(b.Context(), store, jobs.Config{Workers: workers})
		if err != nil {
			b.Fatal(err)
		}
		acceptMany(b, store, s.keys.AccountCode, (waiting+2)/3, providerNames[:3], queue.Enqueue)
		queue.Close()
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		subjects := newSubjects(200)
		s.importCustomers(records(subjects)...)

		var most, open int
		for b.Loop() {
			v := s.start("--log-level=info")
			s.ready(v)
			deadline := time.Now().Add(20 * time.Second)
			for i := 0; time.Now().Before(deadline); i++ {
				subjects[i%len(subjects)].delete(b.Context(), s.client())
				s.wait(50 * time.Millisecond)
			}
			await.OK(b, "the targets are counted", func() (err error) {
				open, err = v.metric(b.Context(), `yuno_erasure_targets{state="pending"}`)
				return err
			})
			most = max(most, v.peakMemory(b))
			v.Stop(b)
		}
		if open < waiting*9/10 {
			b.Errorf("only %d targets wait", open)
		}
		b.ReportMetric(float64(open), "waiting")
		b.ReportMetric(float64(most)/1e6, "MB")
		b.ReportMetric(0, "ns/op")
		if most > 200e6 {
			b.Errorf("%d MB, want less than 200", most/1e6)
		}
	})
}

// peakMemory returns the peak resident memory of the process, in bytes.
func (v *service) peakMemory(b *testing.B) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.PID()))
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		b.Fatal("the kernel does not report VmHWM")
	}
	kib, err := strconv.Atoi(string(found[1]))
	if err != nil {
		b.Fatal(err)
	}
	return kib << 10
}
