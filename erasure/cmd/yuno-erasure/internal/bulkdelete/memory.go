package bulkdelete

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets garbage grow to five times of what is alive before it is
	// collected. A run keeps next to nothing alive and makes 5 KB of garbage for
	// each id, in net/http mostly: by default it would be collected 40 times a
	// second, at a tenth of a run's time.
	gcPercent = 400
	// manyRecords is from where on that would be too much: a byte is alive for
	// each record, and five times of that is not to be had below 50 MB.
	manyRecords = 1_000_000
	// fewBytes is what a run of many takes besides: together with the program
	// itself, ten million ids stay below 50 MB. With 2 MB less, collecting garbage
	// takes longer than everything else.
	fewBytes = 14 << 20
)

// limitGarbage trades memory for time, within bounds, for a run of so many records.
// Who has set GOGC or GOMEMLIMIT knows better.
func limitGarbage(records int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" && records > manyRecords {
		debug.SetMemoryLimit(int64(fewBytes + records))
	}
}
