//go:build unix

package seal_test

import (
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// A rotation by root must not make the file unreadable for the service.
func TestRotateRejectsAnotherUsersFile(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change the owner of a file")
	}
	path := writeKeyFile(t, encoded(1))
	if err := os.Chown(path, 65534, -1); err != nil {
		t.Skip(err)
	}
	const want = "belongs to user 65534"
	if _, err := seal.Rotate(path); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("rotate: got %v, want %q", err, want)
	}
	if err := seal.Drop(path, newRing(t, 1).Current(), nil); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("drop-older: got %v, want %q", err, want)
	}
}

// The owner of the file knows the key.
func TestLoadRejectsAnotherUsersFile(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change the owner of a file")
	}
	path := writeKeyFile(t, encoded(1))
	if err := os.Chown(path, 65534, -1); err != nil {
		t.Skip(err)
	}
	const want = "belongs to user 65534, who knows the key"
	for name, load := range map[string]func() error{
		"Default":     func() error { _, _, err := seal.Load(func(string) string { return "" }, path); return err },
		"Environment": func() error { _, _, err := seal.Load(environment(seal.EnvKeyFile, path), ""); return err },
	} {
		if err := load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}
