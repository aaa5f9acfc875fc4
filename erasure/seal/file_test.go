package seal_test

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/seal"
)

func encoded(seed byte) string { return base64.StdEncoding.EncodeToString(masterKey(seed)) }

// environment returns a getenv over pairs of name and value.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func writeKeyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadFromTheVariable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{encoded(2) + " " + encoded(1), encoded(2) + "," + encoded(1) + "\n"} {
		ring, created, err := seal.Load(environment(seal.EnvKey, text), filepath.Join(t.TempDir(), "unused"))
		if err != nil || created || ring.Path() != "" || ring.String() != newRing(t, 2, 1).String() {
			t.Errorf("got %v, %v, %v; want %v", ring, created, err, newRing(t, 2, 1))
		}
	}
}

func TestLoadFromTheFile(t *testing.T) {
	t.Parallel()
	path := writeKeyFile(t, "# current\r\n\n  "+encoded(2)+"\r\n# older\n"+encoded(1)) // no final newline
	ring, created, err := seal.Load(environment(seal.EnvKeyFile, path), "")
	if err != nil || created || ring.Path() != path || ring.String() != newRing(t, 2, 1).String() {
		t.Errorf("got %v, %v, %v; want %v", ring, created, err, newRing(t, 2, 1))
	}
}

func TestLoadCreatesTheDefaultFileOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	first, created, err := seal.Load(environment(), path)
	if err != nil || !created {
		t.Fatalf("got %v, %v; want a new key", created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v; want 0600", info.Mode(), err)
	}
	second, created, err := seal.Load(environment(), path)
	if err != nil || created || second.Current() != first.Current() {
		t.Errorf("got %v, %v, %v; want the same key again", second, created, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files, %v; want the key file alone", len(entries), err)
	}
}

func TestConcurrentLoadsCreateOneKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	var ids [20]seal.KeyID
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			ring, _, err := seal.Load(environment(), path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = ring.Current()
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two keys were created: %v and %v", ids[0], id)
		}
	}
}

func TestLoadNeverCreatesANamedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing")
	_, _, err := seal.Load(environment(seal.EnvKeyFile, path), filepath.Join(t.TempDir(), "default"))
	if err == nil || !strings.Contains(err.Error(), "restore it") {
		t.Errorf("got %v, want advice to restore it", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: %v, want that it does not exist", err)
	}
}

// systemd shows the right of a service's user to read its credential as one of the group.
func TestLoadACredentialOfSystemd(t *testing.T) {
	path := writeKeyFile(t, encoded(1))
	for _, c := range []struct {
		mode        fs.FileMode
		credentials string
		ok          bool
	}{
		{0o400, filepath.Dir(path), true},
		{0o440, filepath.Dir(path), true},
		{0o440, filepath.Dir(path) + "/", true},
		{0o440, "", false},
		{0o440, t.TempDir(), false},
		{0o440, filepath.Dir(filepath.Dir(path)), false},
		{0o444, filepath.Dir(path), false},
		{0o460, filepath.Dir(path), false},
	} {
		t.Setenv("CREDENTIALS_DIRECTORY", c.credentials)
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, _, err := seal.Load(environment(seal.EnvKeyFile, path), ""); (err == nil) != c.ok && runtime.GOOS != "windows" {
			t.Errorf("mode %04o, credentials in %q: %v", c.mode, c.credentials, err)
		}
	}
}

func TestLoadRejects(t *testing.T) {
	t.Parallel()
	secret := encoded(1)
	open := writeKeyFile(t, secret)
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	file := func(text string) func(string) string {
		return environment(seal.EnvKeyFile, writeKeyFile(t, text))
	}
	for _, test := range []struct {
		name   string
		getenv func(string) string
		want   string
	}{
		{"NoKeyAnywhere", environment(), "no master key: set YUNO_ERASURE_MASTER_KEY_FILE"},
		{"TwoSources", environment(seal.EnvKeyFile, "x", seal.EnvKey, secret), "unset one of them"},
		{"ReadableByOthers", environment(seal.EnvKeyFile, open), "mode 0640, so other users may read it: chmod 600"},
		{"EmptyFile", file(""), "contains no key: restore it from a backup"},
		{"CommentsOnly", file("# nothing\n\n"), "contains no key"},
		{"NotBase64", file("# c\n" + secret + "\n" + secret[:20] + "!" + secret[20:]), "master key 2 is not base64"},
		{"ShortKey", environment(seal.EnvKey, secret[:40]), "has 30 bytes, want 32"},
		{"DuplicateKey", environment(seal.EnvKey, secret+" "+secret), "master key 2 is a duplicate"},
		{"BlankVariable", environment(seal.EnvKey, " "), "contains no key"},
		{"HugeFile", file(strings.Repeat("# comment\n", 10_000)), "larger than 64 KiB"},
		{"Directory", environment(seal.EnvKeyFile, t.TempDir()), "is a folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := seal.Load(test.getenv, "")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), secret[:10]) {
				t.Errorf("the error contains the key: %v", err)
			}
		})
	}
}

func TestLoadCreatesNoFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "misspelt")
	_, _, err := seal.Load(environment(), filepath.Join(folder, "master.key"))
	if err == nil || !strings.Contains(err.Error(), "create a master key") {
		t.Errorf("got %v, want that the key cannot be created", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: %v, want that no folder was created", err)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	path := writeKeyFile(t, "# made by hand\n"+encoded(1)+"\n")
	before, _, err := seal.Load(environment(seal.EnvKeyFile, path), "")
	if err != nil {
		t.Fatal(err)
	}
	_, wrapped := before.NewKey(place)

	rotated, err := seal.Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	if ids := rotated.IDs(); len(ids) != 2 || ids[0] == before.Current() || ids[1] != before.Current() {
		t.Errorf("ids %v, want a new one in front of %v", ids, before.Current())
	}
	if _, err := rotated.OpenKey(wrapped, place); err != nil {
		t.Errorf("what was wrapped before does not open: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v; want 0600", info.Mode(), err)
	}

	if err := seal.Drop(path, before.Current(), nil); err == nil || !strings.Contains(err.Error(), "rewrap first") {
		t.Errorf("dropping for another current key: got %v, want a refusal", err)
	}
	dropOlder(t, path, rotated)
	if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), "# made by hand\n") || strings.Contains(string(data), encoded(1)) {
		t.Errorf("got %d bytes, %v; want the comment, and not the old key", len(data), err)
	}
	after, _, err := seal.Load(environment(seal.EnvKeyFile, path), "")
	if err != nil || len(after.IDs()) != 1 || after.Current() != rotated.Current() {
		t.Errorf("got %v, %v; want %v alone", after, err, rotated.Current())
	}
}

// loadFile returns a key file and the ring that follows it.
func loadFile(t *testing.T) (ring *seal.Ring, path string) {
	t.Helper()
	path = writeKeyFile(t, encoded(1))
	ring, _, err := seal.Load(environment(seal.EnvKeyFile, path), "")
	if err != nil {
		t.Fatal(err)
	}
	return ring, path
}

func rotate(t *testing.T, path string) *seal.Ring {
	t.Helper()
	rotated, err := seal.Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	return rotated
}

// dropOlder removes all keys but the current one from a file.
func dropOlder(t *testing.T, path string, ring *seal.Ring) {
	t.Helper()
	if err := seal.Drop(path, ring.Current(), ring.IDs()); err != nil {
		t.Fatal(err)
	}
}

// Of several old keys only those go that were asked for, and never the current one.
func TestDropSomeKeys(t *testing.T) {
	t.Parallel()
	path := writeKeyFile(t, encoded(3)+"\r\n# old\n"+encoded(2)+"\n"+encoded(1)) // no final newline
	id := func(seed byte) seal.KeyID { return newRing(t, seed).Current() }
	if err := seal.Drop(path, id(3), []seal.KeyID{id(3), id(2), id(9)}); err != nil {
		t.Fatal(err)
	}
	got, _, err := seal.Load(environment(seal.EnvKeyFile, path), "")
	if err != nil || got.String() != newRing(t, 3, 1).String() {
		t.Errorf("got %v, %v; want the keys 3 and 1", got, err)
	}
}

func TestReloadAfterARotation(t *testing.T) {
	t.Parallel()
	ring, path := loadFile(t)
	if changed, err := ring.Reload(ring.Current()); changed || err != nil {
		t.Errorf("before: got %v, %v", changed, err)
	}
	_, old := ring.NewKey(place)
	rotated := rotate(t, path)
	if changed, err := ring.Reload(ring.Current()); !changed || err != nil || ring.Current() != rotated.Current() {
		t.Errorf("got %v, %v, current %v; want %v", changed, err, ring.Current(), rotated.Current())
	}
	if _, err := ring.OpenKey(old, place); err != nil {
		t.Errorf("what was wrapped before: %v", err)
	}
	dropOlder(t, path, rotated)
	if changed, err := ring.Reload(rotated.Current()); !changed || err != nil || len(ring.IDs()) != 1 {
		t.Errorf("after the old one was dropped: got %v, %v, %v", changed, err, ring)
	}
}

// The file has none of the keys that the ring has.
func TestUnknownKeyReloadsTheFile(t *testing.T) {
	t.Parallel()
	ring, path := loadFile(t)
	rotated := rotate(t, path)
	_, wrapped := rotated.NewKey(place)
	dropOlder(t, path, rotated)
	if _, err := ring.OpenKey(wrapped, place); err != nil || ring.Current() != rotated.Current() {
		t.Errorf("got %v, current %v; want %v", err, ring.Current(), rotated.Current())
	}
}

// An old copy of the file must not remove what may be the last copy of the current
// key.
func TestReloadKeepsACurrentKeyThatTheFileLacks(t *testing.T) {
	t.Parallel()
	ring, path := loadFile(t)
	newest := rotate(t, path).Current()
	if _, err := ring.Reload(newest); err != nil {
		t.Fatal(err)
	}
	before := ring.String()
	if err := os.WriteFile(path, []byte(encoded(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := ring.Reload(newest); changed || err == nil || ring.String() != before {
		t.Errorf("got %v, %v, %v; want %v", changed, err, ring, before)
	}
}

func TestReloadKeepsTheKeysIfTheFileIsWrong(t *testing.T) {
	t.Parallel()
	ring, path := loadFile(t)
	before := ring.String()
	_, foreign := newRing(t, 3).NewKey(place)
	for _, content := range []string{encoded(2), "", "not a key"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if changed, err := ring.Reload(ring.Current()); changed || err == nil || ring.String() != before {
			t.Errorf("%.4q: got %v, %v, %v; want %v", content, changed, err, ring, before)
		}
		var unknown *seal.UnknownKeyError
		if _, err := ring.OpenKey(foreign, place); !errors.As(err, &unknown) || ring.String() != before {
			t.Errorf("%.4q: got %v, %v", content, err, ring)
		}
	}
	if changed, err := newRing(t, 1).Reload(newRing(t, 1).Current()); changed || err != nil {
		t.Errorf("a ring without a file: got %v, %v", changed, err)
	}
}

func TestRotateFollowsALink(t *testing.T) {
	t.Parallel()
	path := writeKeyFile(t, encoded(1))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	rotated, err := seal.Rotate(link)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link has mode %v, %v; want a link still", info.Mode(), err)
	}
	if got, _, err := seal.Load(environment(seal.EnvKeyFile, path), ""); err != nil || got.Current() != rotated.Current() {
		t.Errorf("the file contains %v, %v; want %v", got, err, rotated)
	}
}

func TestRotateRejectsABrokenFile(t *testing.T) {
	t.Parallel()
	path := writeKeyFile(t, "not a key\n")
	if _, err := seal.Rotate(path); err == nil {
		t.Error("got no error")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "not a key\n" {
		t.Errorf("the file was changed to %d bytes, %v", len(data), err)
	}
	if _, err := seal.Rotate(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
}

// Any content of a key file is either loaded or rejected, with an error that does not
// repeat it.
func FuzzKeyFile(f *testing.F) {
	f.Add([]byte(encoded(1)))
	f.Add([]byte("# current\n" + encoded(2) + "\r\n\n" + encoded(1) + "\n"))
	f.Add([]byte(encoded(1)[:20]))
	f.Add([]byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := writeKeyFile(t, string(data))
		ring, created, err := seal.Load(environment(seal.EnvKeyFile, path), "")
		if created {
			t.Error("a named file was created")
		}
		if err == nil {
			if len(ring.IDs()) == 0 {
				t.Error("a ring without keys")
			}
			return
		}
		for _, line := range strings.Fields(string(data)) {
			if len(line) > 12 && strings.Contains(err.Error(), line) && !strings.Contains(path, line) {
				t.Errorf("the error repeats %q", line)
			}
		}
	})
}
