//go:build unix && !linux

package pgtest

import "syscall"

// dieWithParent does nothing: only Linux can stop the server when this process ends.
func dieWithParent(*syscall.SysProcAttr) {}
