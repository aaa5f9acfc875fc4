package ownfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
)

// ErrLocked means that another process has a lock.
var ErrLocked = errors.New("is locked by another process")

// Lock takes the lock that a file of its own stands for, and creates that file if it does
// not exist. The operating system releases the lock when the process ends, in whatever way.
// The file stays: if it were removed, two processes could lock files of the same name.
func Lock(path string) (unlock func() error, err error) {
	file, err := Open(path, os.O_RDONLY|os.O_CREATE)
	if failure := (*fs.PathError)(nil); errors.As(err, &failure) {
		return nil, fmt.Errorf("the lock file %s: %w", path, failure.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("the lock file %s %w", path, err)
	}
	lock, err := lockSame(path, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	// Where locks belong to the process, closing the file would give up the lock.
	return func() error { return errors.Join(lock.Unlock(), file.Close()) }, nil
}

// lockSame locks a file that exists, and makes sure that it is the one that was checked.
func lockSame(path string, checked *os.File) (*flock.Flock, error) {
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY)) // by default, it creates what a link leads to
	locked, err := lock.TryLock()
	if err == nil && !locked {
		err = ErrLocked
	}
	if err == nil {
		err = checkSame(lock, checked)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock, nil
}

// checkSame makes sure that the file that is locked is the one that was checked.
func checkSame(lock *flock.Flock, checked *os.File) error {
	locked, err := lock.Stat()
	if err != nil {
		return err
	}
	if info, err := checked.Stat(); err != nil || !os.SameFile(info, locked) {
		return fmt.Errorf("the lock file %s was replaced while it was locked", lock.Path())
	}
	return nil
}
