package seal

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// The environment variables that [Load] reads.
const (
	EnvKeyFile = "YUNO_ERASURE_MASTER_KEY_FILE"
	EnvKey     = "YUNO_ERASURE_MASTER_KEY"
)

// maxKeyFile is more bytes than any realistic number of keys needs.
const maxKeyFile = 64 << 10

// Load returns the key ring that the environment names:
//
//   - YUNO_ERASURE_MASTER_KEY_FILE is the path of a key file, or
//   - YUNO_ERASURE_MASTER_KEY contains keys in base64, the current one first,
//     separated by spaces or commas, or
//   - neither is set, and defaultPath, if not empty, is the path of the key file. A
//     missing file is created with a random key and mode 0600, and created is true.
//     Show the operator the path, because the database cannot be read without the
//     file. Its folder must exist: a missing one is more often misspelt than new.
//
// Leave defaultPath empty for a database that several machines share: each of them
// would create a key that the others do not have.
//
// A key file has one key of 32 bytes per line in base64, the current one first. Empty
// lines and lines that start with # are skipped. Load rejects a file that other users
// may read, and one that neither this user nor the administrator owns; the group may read a
// credential of systemd, in CREDENTIALS_DIRECTORY. Its errors say what to do and contain no
// key.
func Load(getenv func(string) string, defaultPath string) (ring *Ring, created bool, err error) {
	if getenv == nil {
		return nil, false, errors.New("no environment to read the master key from: getenv is nil")
	}
	path, inline := getenv(EnvKeyFile), getenv(EnvKey)
	switch {
	case path != "" && inline != "":
		return nil, false, fmt.Errorf("both %s and %s are set: unset one of them", EnvKeyFile, EnvKey)
	case path != "":
		ring, err = loadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, fmt.Errorf("%s: %s does not exist: restore it, or for a new database create it with: (umask 077; openssl rand -base64 %d > %s)",
				EnvKeyFile, path, KeySize, path)
		}
		return ring, false, err
	case inline != "":
		ring, err = parse(strings.Fields(strings.ReplaceAll(inline, ",", " ")))
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", EnvKey, err)
		}
		return ring, false, nil
	case defaultPath == "":
		return nil, false, fmt.Errorf("no master key: set %s to a file, or %s to base64, with the same key on every machine; openssl rand -base64 %d makes one",
			EnvKeyFile, EnvKey, KeySize)
	}
	ring, err = loadFile(defaultPath)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, false, err
	}
	err = replaceFile(defaultPath, encode(randomKey()), false)
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process may have been first
		return nil, false, fmt.Errorf("create a master key: %w", err)
	}
	created = err == nil
	ring, err = loadFile(defaultPath)
	return ring, created, err
}

func loadFile(path string) (*Ring, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("master key file %s is a folder", path)
	}
	if uid, foreign := ownfile.Foreign(info); foreign {
		return nil, fmt.Errorf("master key file %s belongs to user %d, who knows the key: run this as that user, or chown %d %s and rotate the key", path, uid, os.Geteuid(), path)
	}
	// Windows has no permission bits: Go makes them up there.
	if mode := info.Mode(); runtime.GOOS != "windows" && mode.Perm()&forbidden(path) != 0 {
		return nil, fmt.Errorf("master key file %s has mode %04o, so other users may read it: chmod 600 %s, and consider rotating the key", path, mode.Perm(), path)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	if len(data) > maxKeyFile {
		return nil, fmt.Errorf("master key file %s is larger than %d KiB: it is not a key file", path, maxKeyFile>>10)
	}
	ring, err := parseFile(data)
	if err != nil {
		return nil, fmt.Errorf("master key file %s: %w", path, err)
	}
	ring.path = path
	return ring, nil
}

// forbidden returns the permissions that a key file must not have. A credential that
// systemd passes to a service is in a folder that only the service's user can enter. Where
// that user has its right to read by an access control list, the mode shows it as a right
// of the group.
func forbidden(path string) fs.FileMode {
	if credentials := os.Getenv("CREDENTIALS_DIRECTORY"); credentials != "" && filepath.Dir(path) == filepath.Clean(credentials) {
		return 0o037
	}
	return 0o077
}

func parseFile(data []byte) (*Ring, error) {
	var keys []string
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line != "" && !strings.HasPrefix(line, "#") {
			keys = append(keys, line)
		}
	}
	return parse(keys)
}

func parse(encoded []string) (*Ring, error) {
	if len(encoded) == 0 {
		return nil, errors.New("contains no key: restore it from a backup")
	}
	keys := make([][]byte, len(encoded))
	for i, text := range encoded {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			// The decoder's error contains an offset into the key.
			return nil, fmt.Errorf("master key %d is not base64", i+1)
		}
		keys[i] = key
	}
	return NewRing(keys[0], keys[1:]...)
}

func encode(key []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(nil, key), '\n')
}

// replaceFile writes a file atomically: after a crash, the path has the old content
// or all of the new one. Without overwrite, the error for an existing file is
// fs.ErrExist. A symbolic link is followed and kept.
func replaceFile(path string, data []byte, overwrite bool) (err error) {
	if overwrite {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if overwrite {
		err = os.Rename(temp.Name(), path)
	} else {
		err = os.Link(temp.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in a directory survive a crash, on systems that can sync
// directories.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
