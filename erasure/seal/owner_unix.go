//go:build unix

package seal

import (
	"fmt"
	"os"
	"syscall"
)

// checkOwner rejects a key file that belongs to another user. Its replacement would
// belong to this user, and the service could no longer read it.
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
