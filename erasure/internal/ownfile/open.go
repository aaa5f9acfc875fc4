package ownfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Open opens a file with the flags of [os.OpenFile] or, with os.O_CREATE, creates one that
// does not exist, with mode 0600. A file that exists must pass [CheckNamed].
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
			err = checkNamed(path, named, NoWrite)
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
		err = checkNamed(path, opened, NoWrite)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// OpenToRead opens a file that somebody has prepared. Links are followed: containers get
// their configuration through them. What they lead to must be the user's own.
func OpenToRead(path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.IsDir() { // reading a folder has an error of its own
		err = Check(path, info, NoWrite)
	}
	if err != nil {
		_ = file.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return file, nil
}

// ReadFile returns what is in a file that [OpenToRead] opens.
func ReadFile(path string) ([]byte, error) {
	file, err := OpenToRead(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
