package database

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// LockKeyFile locks the master key file for this process: of two concurrent changes, one
// would lose the key of the other.
func LockKeyFile(path string) (unlock func(), err error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	release, err := ownfile.Lock(real + ".lock")
	switch {
	case errors.Is(err, ownfile.ErrLocked):
		return nil, errors.New("another keys command is working on " + Absolute(path))
	case err != nil:
		return nil, fmt.Errorf("locking the master key file: %w", err)
	}
	return func() { _ = release() }, nil
}
