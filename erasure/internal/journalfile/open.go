package journalfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/yuno-community/yuno-customers/erasure/internal/owner"
)

// Open opens a journal with the flags of [os.OpenFile] or, with os.O_CREATE, creates one
// that does not exist, with mode 0600. In a folder that others can write to, somebody
// could have put something else there to be read, overwritten or protected. So it is an
// error if the path is a symbolic link or no regular file, and if another user owns the
// file or may write to it. The administrator's files are not another user's.
func Open(path string, flags int) (*os.File, error) {
	for {
		named, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) && flags&os.O_CREATE != 0 {
			file, err := os.OpenFile(path, flags|os.O_EXCL, 0o600) // follows no link
			if errors.Is(err, fs.ErrExist) {
				continue // another process was first
			}
			return file, err
		}
		if err == nil {
			err = check(named)
		}
		if err != nil {
			return nil, err
		}
		return openSame(path, flags&^os.O_CREATE, named)
	}
}

// openSame opens a file that exists, and makes sure that it is the one that was checked.
func openSame(path string, flags int, named fs.FileInfo) (*os.File, error) {
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(named, opened) {
		err = errors.New("was replaced while it was opened")
	}
	if err == nil {
		err = check(opened)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func check(info fs.FileInfo) error {
	mode := info.Mode()
	uid, foreign := owner.Foreign(info)
	switch {
	case mode.Type() == fs.ModeSymlink:
		return errors.New("is a symbolic link, which somebody else could have put there: name the file itself")
	case mode.IsDir():
		return errors.New("is a directory")
	case !mode.IsRegular():
		return errors.New("is not a regular file")
	case foreign:
		return fmt.Errorf("belongs to user %d, who could change what it records", uid)
	case runtime.GOOS != "windows" && mode.Perm()&0o022 != 0: // Go makes the bits up there
		return fmt.Errorf("has mode %04o, so other users could change what it records (chmod go-w)", mode.Perm())
	}
	return nil
}
