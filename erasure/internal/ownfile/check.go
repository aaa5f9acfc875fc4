package ownfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// What others may not do, as permission bits.
const (
	NoWrite  fs.FileMode = 0o022
	NoAccess fs.FileMode = 0o077
)

// Check returns why a file is not its user's own: another user owns it, or its mode lets
// others do what they must not. Text that names the file comes before the error.
func Check(path string, info fs.FileInfo, others fs.FileMode) error {
	if uid, foreign := Foreign(info); foreign {
		return fmt.Errorf("belongs to user %d, who could change it: run this as that user, or check it and chown %d %s", uid, os.Geteuid(), path)
	}
	// Windows has no permission bits: Go makes them up there.
	if runtime.GOOS == "windows" || info.Mode().Perm()&others == 0 {
		return nil
	}
	if others == NoAccess {
		return fmt.Errorf("has mode %04o, so other users may read or change it: chmod go-rwx %s", info.Mode().Perm(), path)
	}
	return fmt.Errorf("has mode %04o, so other users could change it: chmod go-w %s", info.Mode().Perm(), path)
}

// CheckNamed checks the name of a file that is created there if it does not exist, which
// is no error. In a folder that others can write to, somebody could have put something
// else there. So it must be a regular file, and no symbolic link to one.
func CheckNamed(path string, others fs.FileMode) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = checkNamed(path, info, others)
	}
	return err
}

func checkNamed(path string, info fs.FileInfo, others fs.FileMode) error {
	switch mode := info.Mode(); {
	case mode.Type() == fs.ModeSymlink:
		return errors.New("is a symbolic link, which somebody else could have put there: name the file itself")
	case mode.IsDir():
		return errors.New("is a directory")
	case !mode.IsRegular():
		return errors.New("is not a regular file")
	}
	return Check(path, info, others)
}

// CheckFolder returns why others could replace the files in the folder of a file, or add
// some. The error names the folder.
func CheckFolder(file string) error {
	folder := filepath.Dir(file)
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	if err := Check(folder, info, NoWrite); err != nil {
		return fmt.Errorf("the folder %s %w", folder, err)
	}
	return nil
}
