//go:build unix

package bulkdelete

import "syscall"

// openFilesLimit returns how many files the process may have open. The Go runtime has
// raised the soft limit to the hard one.
func openFilesLimit() (limit uint64, ok bool) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 0, false
	}
	return uint64(files.Cur), true //nolint:unconvert // it is signed on FreeBSD
}
