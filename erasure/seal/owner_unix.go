//go:build unix

package seal

import (
	"fmt"
	"os"
	"syscall"
)

// checkOwner refuses to replace a key file of another user's: the new one would be
// this user's, and the service could not read it any more.
func checkOwner(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("master key file %s belongs to user %d: run this as that user, or the service could not read what replaces it", path, owner.Uid)
	}
	return nil
}
