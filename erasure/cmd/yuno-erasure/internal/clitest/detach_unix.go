//go:build unix

package clitest

import (
	"os/exec"
	"syscall"
)

// detach starts a process without the terminal of this one.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
