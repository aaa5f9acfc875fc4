//go:build unix && !linux

package pgtest

// folder returns where a cluster belongs, and whether that is in memory.
func folder() (path string, inMemory bool) { return onDisk, false }
