package bulk

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// Reading and checking a list is not what a run waits for: on one core, at least a million
// ids per second from lines, and 300,000 from CSV. ids/cpu-s counts processor time, so that
// it is the same beside other work.
func BenchmarkScanLines(b *testing.B) {
	benchScan(b, "", func(id string) string { return id })
}

func BenchmarkScanCSV(b *testing.B) {
	benchScan(b, "Name,Customer ID,E-mail,Country,Created at\n", func(id string) string {
		return `"Lovelace, Ada",` + id + ",ada@example.com,BR,2026-01-02T03:04:05Z"
	})
}

func benchScan(b *testing.B, header string, line func(id string) string) {
	const ids = 500_000
	var text strings.Builder
	text.WriteString(header)
	for n := range ids {
		text.WriteString(line(benchID(n)) + "\n")
	}
	source := textSource(text.String())
	before := processorTime(b)
	for b.Loop() {
		list, err := Scan(b.Context(), source, Format{})
		if err != nil || list.ToErase() != ids {
			b.Fatalf("%+v, %v", list, err)
		}
		list.Close()
	}
	b.ReportMetric(float64(b.N)*ids/b.Elapsed().Seconds(), "ids/s")
	b.ReportMetric(float64(b.N)*ids/(processorTime(b)-before).Seconds(), "ids/cpu-s")
}

// processorTime returns what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
