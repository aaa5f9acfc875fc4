//go:build unix

package daemon

import "syscall"

// openFiles returns how many files the process may open. Go has raised it to the hard
// limit already.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return enoughFiles
	}
	return int(min(uint64(limit.Cur), manyFiles)) //nolint:unconvert // FreeBSD has an int64 there
}
