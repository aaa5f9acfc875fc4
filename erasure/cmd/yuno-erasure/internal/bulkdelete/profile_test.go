package bulkdelete

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// A key of the API that is in the wrong place of the file is not repeated.
func TestProfileErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"sk_live_7: x\n",
		"profiles: [sk_live_7]\n",
		"profiles:\n  a: sk_live_7\n",
		"profiles:\n  sk_live_7: 1\n  sk_live_7: 1\n",
		"profiles:\n  a:\n    sk_live_7: x\n",
		"profiles:\n  a:\n    sk_live_7: 1\n    sk_live_7: 1\n",
		"profiles:\n  a:\n    \"sk_\\nlive_7\": 1\n    \"sk_\\nlive_7\": 1\n",
		"profiles:\n  a:\n    private_secret_key: *sk_live_7\n",
		"profiles:\n  a:\n    private_secret_key: &sk_live_7 [*sk_live_7]\n",
		"profiles:\n  a:\n    private_secret_key: [sk_live_7]\n",
		"profiles:\n  a:\n    private_secret_key: !!float sk_live_7\n",
		"profiles:\n  a:\n    private_secret_key: !!binary sk_live_7\n",
		"profiles:\n  a: !sk_live_7 x\n",
		"profiles:\n  a:\n    <<: {sk_live_7: 1}\n",
		"profiles:\n  a:\n    ? [sk_live_7]\n    : 1\n",
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readProfile(path, "a"); err == nil || strings.Contains(err.Error(), "live_7") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Without a home, a profiles file could be that of anybody who can write here.
func TestProfilesNeedAHome(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the configuration folder comes from other variables")
	}
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("yuno-erasure", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("yuno-erasure/config.yaml", []byte("profiles: {p: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ home, config string }{{"", ""}, {".", ""}, {"", "."}, {"home", "config"}} {
		t.Setenv("HOME", c.home)
		t.Setenv("XDG_CONFIG_HOME", c.config)
		if path := ProfilesPath(); path != "" {
			t.Errorf("%v: %s", c, path)
		}
		_, err := profileFlags{Profile: "p"}.credentials()
		var usage *command.UsageError
		if !errors.As(err, &usage) || !strings.Contains(usage.Message, "--profile needs a home folder") {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// A profile that other users can write or replace is rejected.
func TestProfilesOfOthers(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes")
	}
	// prepare returns a profiles file in a folder of its own.
	prepare := func(t *testing.T) (folder, file string) {
		t.Helper()
		folder = filepath.Join(t.TempDir(), "yuno-erasure")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		file = filepath.Join(folder, "config.yaml")
		if err := os.WriteFile(file, []byte("profiles: {p: {account_code: a}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return folder, file
	}
	refused := func(t *testing.T, file, want string) {
		t.Helper()
		var usage *command.UsageError
		if _, err := readProfile(file, "p"); !errors.As(err, &usage) || !strings.Contains(usage.Message, want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	do := func(t *testing.T, err error) {
		t.Helper()
		if errors.Is(err, os.ErrPermission) {
			t.Skip("only root can give files away")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const other = 12345
	t.Run("Own", func(t *testing.T) {
		t.Parallel()
		_, file := prepare(t)
		if p, err := readProfile(file, "p"); err != nil || p.AccountCode != "a" {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("ReadableFile", func(t *testing.T) {
		t.Parallel()
		_, file := prepare(t)
		do(t, os.Chmod(file, 0o640))
		refused(t, file, "is accessible to other users (mode 0640)")
	})
	t.Run("FileOfAnother", func(t *testing.T) {
		t.Parallel()
		_, file := prepare(t)
		do(t, os.Chown(file, other, -1))
		refused(t, file, "belongs to another user (12345)")
	})
	t.Run("FolderOfAnother", func(t *testing.T) {
		t.Parallel()
		folder, file := prepare(t)
		do(t, os.Chown(folder, other, -1))
		refused(t, file, "the folder "+folder+" belongs to another user")
	})
	t.Run("WritableFolder", func(t *testing.T) {
		t.Parallel()
		for _, mode := range []os.FileMode{0o720, 0o702, 0o777} {
			folder, file := prepare(t)
			do(t, os.Chmod(folder, mode))
			refused(t, file, "other users can replace the profiles in the folder "+folder)
		}
	})
	t.Run("LinkIntoTheFolderOfAnother", func(t *testing.T) {
		t.Parallel()
		theirs, target := prepare(t)
		do(t, os.Chmod(theirs, 0o777))
		_, file := prepare(t)
		do(t, os.Remove(file))
		do(t, os.Symlink(target, file))
		refused(t, file, "other users can replace the profiles in the folder "+theirs)
	})
}
