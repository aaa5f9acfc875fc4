//go:build unix

package ownfile

import (
	"io/fs"
	"os"
	"syscall"
)

// Foreign returns the owner of a file, and whether it is somebody else than the user
// and the administrator, who may change everything anyway.
func Foreign(info fs.FileInfo) (uid int, foreign bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	uid = int(stat.Uid)
	return uid, uid != os.Geteuid() && uid != 0
}
