package pgtest

import "syscall"

// Memory is a folder in memory on every Linux. A container may have only 64 MB of it.
const (
	memory     = "/dev/shm"
	tmpfs      = 0x01021994 // TMPFS_MAGIC of statfs(2)
	memoryRoom = 1 << 30    // several test binaries run at a time, with some 200 MB each
)

// folder returns where a cluster belongs that need not survive anything: in memory, if
// that has room, and whether it is there.
func folder() (path string, inMemory bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(memory, &s); err != nil || s.Type != tmpfs || s.Bavail*uint64(s.Bsize) < memoryRoom {
		return onDisk, false
	}
	return memory, true
}
