package bulkdelete

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets garbage grow to four times the live memory before it is collected.
	// A run has little live memory and makes 5 KB of garbage per id, mostly in net/http.
	// The default of 100 would collect 40 times per second, a tenth of the run's time.
	gcPercent = 400
	// manyRecords is where gcPercent begins to cost too much: one live byte per record,
	// five times over, no longer fits in 50 MB.
	manyRecords = 1_000_000
	// baseMemory is the memory of a run of many records besides that byte per record, in
	// bytes. Together with the program itself, ten million ids stay below 50 MB. With 2 MB
	// less, collecting garbage takes longer than everything else.
	baseMemory = 14 << 20
	// workbookMemory is the memory of reading an Excel workbook, in bytes. A full sheet of
	// ids has 46 MB of texts, which gcPercent would let grow to five times as much.
	workbookMemory = 80 << 20
	// scanPercent takes the place of gcPercent while a list is scanned, which makes little
	// garbage, or while a workbook is read. How many records there are is unknown then.
	scanPercent = 100
)

// limitGarbage trades memory for time, within bounds, for a run of this many records.
// While a list is scanned, it may turn out to be a workbook. limitGarbage leaves alone what
// GOGC and GOMEMLIMIT set.
func limitGarbage(records int, workbook bool) {
	if os.Getenv("GOGC") == "" {
		percent := gcPercent
		if workbook {
			percent = scanPercent
		}
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	switch {
	case workbook:
		debug.SetMemoryLimit(int64(workbookMemory + records))
	case records > manyRecords:
		debug.SetMemoryLimit(int64(baseMemory + records))
	}
}
