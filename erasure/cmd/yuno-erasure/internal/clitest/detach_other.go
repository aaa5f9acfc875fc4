//go:build !unix

package clitest

import "os/exec"

// detach does nothing: the command has no other terminal than its streams.
func detach(*exec.Cmd) {}
