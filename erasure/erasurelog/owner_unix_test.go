//go:build unix

package erasurelog_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfolder"
)

// A log decides whom a restore erases again. Nobody else may write it, or put parts of it
// beside it.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	// prepare writes a log with a closed part, and returns its path.
	prepare := func(t *testing.T) string {
		t.Helper()
		path := filepath.Join(ownfolder.New(t), "erasures.log")
		w, err := erasurelog.Open(path, "db", 1)
		if err != nil {
			t.Fatal(err)
		}
		for n := int64(1); n <= 2; n++ {
			if err := w.Append([]erasure.Change{change(n)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	chmod := func(mode fs.FileMode) func(string) error {
		return func(path string) error { return os.Chmod(path, mode) }
	}
	link := func(path string) error {
		return errors.Join(os.Rename(path, path+".other"), os.Symlink(path+".other", path))
	}
	giveAway := func(path string) error { return os.Chown(path, 65534, -1) }
	both, write, loading := "both", "write", "load"
	for _, c := range []struct {
		name, file string // beside the log
		do         func(path string) error
		want, by   string
	}{
		{"Group", "", chmod(0o660), "has mode 0660, so other users could change it: chmod go-w PATH", both},
		{"All", "", chmod(0o602), "has mode 0602", both},
		{"Owner", "", giveAway, "belongs to user 65534, who could change it", both},
		{"Link", "", link, "is a symbolic link", write},
		{"Part", ".1", chmod(0o620), "has mode 0620", loading},
		{"Lock", ".lock", chmod(0o666), "the lock file PATH.lock has mode 0666", write},
		{"LinkForLock", ".lock", link, "the lock file PATH.lock is a symbolic link", write},
		{"LockOwner", ".lock", giveAway, "the lock file PATH.lock belongs to user 65534", write},
		{"Folder", "/..", chmod(0o770), "the folder FOLDER has mode 0770, so other users could change it: chmod go-w FOLDER", write},
		{"SharedFolder", "/..", chmod(0o777 | fs.ModeSticky), "the folder FOLDER has mode 0777", write},
		{"FolderOwner", "/..", giveAway, "the folder FOLDER belongs to user 65534", write},
		{"Readable", "", chmod(0o644), "", both},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := prepare(t)
			err := c.do(filepath.Clean(strings.Replace(path+c.file, "/erasures.log/..", "", 1)))
			if errors.Is(err, fs.ErrPermission) {
				t.Skip("only root can give files away")
			}
			if err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer("PATH", path, "FOLDER", filepath.Dir(path)).Replace(c.want)
			check := func(what string, err error, want string) {
				t.Helper()
				if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%s: got %v, want %q", what, err, want)
				}
			}
			w, err := erasurelog.Open(path, "db", 1)
			check("open", err, map[bool]string{true: want}[c.by != loading])
			if err == nil {
				_ = w.Close()
			}
			_, err = erasurelog.Load(path, 0)
			check("load", err, map[bool]string{true: want}[c.by != write])
		})
	}
}

// The writer goes on after the last part, if there is no current one.
func TestLastPartOfAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownfolder.New(t), "erasures.log")
	if err := errors.Join(os.WriteFile(path+".7", nil, 0o600), os.Chmod(path+".7", 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := erasurelog.Open(path, "db", 1); err == nil || !strings.Contains(err.Error(), path+".7 has mode 0666") {
		t.Errorf("got %v", err)
	}
}
