// Package testprogram finds the programs that tests run, and writes those that they run in
// place of real ones. Internal to this project.
package testprogram

import (
	"os"
	"syscall"
	"testing"
)

// Write writes an executable file, usually a script. Its folder has to exist.
//
// A program can be run as soon as Write returns. That is not so with os.WriteFile: a
// process that another goroutine starts in the meantime inherits the file, open for
// writing, and running it fails with "text file busy" until that process has become
// another program (https://go.dev/issue/22315). So no process starts while the file is
// open.
func Write(t testing.TB, path, content string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}
