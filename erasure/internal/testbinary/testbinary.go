// Package testbinary builds the yuno-erasure command for tests that run it as a
// process. Internal to this module.
//
// All test packages of a checkout share one file in the user's cache directory.
// Linking the command takes seconds, so the first test that needs it builds it; for
// the others the go command finds it up to date and leaves it alone.
package testbinary

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

const command = "github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure"

// Path returns the path of the built command. It is built without the race
// detector, whatever the test runs with. The test fails if it does not build.
func Path(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("building the command: %v", err)
	}
	return path
}

var build = sync.OnceValues(func() (string, error) {
	folder, err := sharedFolder()
	if err != nil {
		return "", err
	}
	// Test packages run in parallel, as processes.
	lock := flock.New(filepath.Join(folder, "lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer func() { _ = lock.Unlock() }()
	path := filepath.Join(folder, "yuno-erasure")
	if output, err := exec.Command("go", "build", "-trimpath", "-o", path, command).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return path, nil
})

// sharedFolder returns the folder for the binary of this checkout, so that the tests
// of two checkouts do not replace each other's.
func sharedFolder() (string, error) {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil { // no home directory
		cache = os.TempDir()
	}
	key := sha256.Sum256([]byte(strings.TrimSpace(string(module))))
	folder := filepath.Join(cache, "yuno-erasure-test", fmt.Sprintf("%x", key[:6]))
	return folder, os.MkdirAll(folder, 0o700)
}
