package database

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// LockKeyFile locks the master key file for this process: of two concurrent changes, one
// would lose the key of the other.
func LockKeyFile(path string) (unlock func(), err error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	lock := flock.New(real + ".lock")
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("locking the master key file: %w", err)
	case !locked:
		return nil, errors.New("another keys command is working on " + Absolute(path))
	}
	return func() { _ = lock.Unlock() }, nil
}
