package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/daemon"
)

// parseWithConfig parses arguments with a configuration file.
func parseWithConfig(t *testing.T, text string, args ...string) (parsed root, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = newParser(t, &parsed).Parse(append(args, "--config", file))
	return parsed, err
}

func TestConfig(t *testing.T) {
	const text = `
database: file:from-the-top.db
rate: 7
serve:
  listen: 127.0.0.1:1
  ops-listen: ""
  rate: 2.5
  deadline: 48h
erasures:
  database: file:of-erasures.db
  list:
    overdue: true
providers:
  test:
    token: [a, b]
`
	serve, err := parseWithConfig(t, text, "serve", "--deadline", "24h")
	if err != nil {
		t.Fatal(err)
	}
	if got := serve.Serve; got.Database != "file:from-the-top.db" || got.Listen != "127.0.0.1:1" ||
		got.OpsListen != "" || got.Rate != 2.5 {
		t.Errorf("serve has %+v", got)
	}
	if got := serve.Serve.Deadline; got != 24*time.Hour {
		t.Errorf("the file overrides the command line: deadline %v", got)
	}
	list, err := parseWithConfig(t, text, "erasures", "list")
	if got := list.Erasures.List; err != nil || got.Database != "file:of-erasures.db" || !got.Overdue ||
		got.Limit != 100 {
		t.Errorf("erasures list has %+v, %v", got, err)
	}
	test, err := parseWithConfig(t, text, "providers", "test", "stripe")
	if got := test.Providers.Test.Token; err != nil || strings.Join(got, " ") != "a b" {
		t.Errorf("providers test has %q, %v", got, err)
	}

	_, example, _ := strings.Cut(daemon.Command{}.Help(), "A file for --config:\n")
	if serve, err = parseWithConfig(t, strings.ReplaceAll(example, "\n  ", "\n"), "serve", "--providers", os.DevNull); err != nil || serve.Serve.LogFormat != "json" {
		t.Errorf("the example of serve --help: log format %q, %v", serve.Serve.LogFormat, err)
	}

	t.Setenv("YUNO_ERASURE_LISTEN", "127.0.0.1:2")
	if serve, err = parseWithConfig(t, text, "serve"); err != nil || serve.Serve.Listen != "127.0.0.1:2" {
		t.Errorf("the file overrides the environment: %q, %v", serve.Serve.Listen, err)
	}
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "is empty",
		"# nothing\n":                          "is empty",
		"listne: 127.0.0.1:1\n":                ":1: yuno-erasure has no flag --listne",
		"serve:\n  rat: 5\n":                   ":2: yuno-erasure serve has no flag --rat",
		"yes: true\n":                          ":1: yuno-erasure has no flag --yes", // consent is given for one run
		"delete:\n  keep-going: true\n":        ":2: yuno-erasure delete has no flag --keep-going",
		"serve:\n  overdue: true\n":            ":2: yuno-erasure serve has no flag --overdue",
		"config: other.yaml\n":                 ":1: yuno-erasure has no flag --config",
		"serve:\n  rate: 5\n  rate: 6\n":       ":3: rate is duplicated",
		"serve: 5\n":                           ":1: serve is a command: want its flags under it",
		"serve:\n  listen: {host: x}\n":        ":2: listen wants a value",
		"serve:\n  listen:\n":                  ":2: listen wants a value",
		"token: [[a]]\n":                       ":1: token wants a list of values",
		"- rate\n":                             ":1: want flags",
		"serve: {rate: 5\n":                    "yaml: line ",
		"serve:\n  rate: many\n":               "--rate",
		"database: mysql://u:hunter2@host/x\n": "want file:PATH",
		"database: &hunter2 [*hunter2, *x]\n":  "",
	} {
		_, err := parseWithConfig(t, text, "serve")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	for path, want := range map[string]string{"nowhere.yaml": "no such file", ".": "is a folder"} {
		code, _, stderr := run(t, "serve", "--config", path)
		if code != command.ExitUsage || !strings.Contains(stderr, want) ||
			!strings.Contains(stderr, "Try: yuno-erasure serve --help") {
			t.Errorf("%s: exit %d, stderr %q", path, code, stderr)
		}
	}
}

func TestConfigWithPassword(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes")
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	for database, refused := range map[string]bool{
		"postgres://u:hunter2@127.0.0.1:1/x":          true,
		"postgres://u@127.0.0.1:1/x?password=hunter2": true,
		"postgres://u:hunter2/3@127.0.0.1:1/x":        true,
		"postgres://u@127.0.0.1:1/x":                  false,
	} {
		if err := os.WriteFile(file, []byte("database: "+database+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := run(t, "migrate", "--config", file)
		if got := strings.Contains(stderr, "is readable by other users (mode 0644): chmod 600 it"); got != refused || code == command.ExitOK || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: exit %d, stderr %q", database, code, stderr)
		}
	}
}

// Flags decide which database is served, and where references are sent.
func TestConfigThatOthersMayWrite(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes")
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("database: postgres://u@127.0.0.1:1/x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o664); err != nil {
		t.Fatal(err)
	}
	want := "--config: " + file + " has mode 0664, so other users could change it: chmod go-w " + file
	if code, _, stderr := run(t, "migrate", "--config", file); code != command.ExitUsage || !strings.Contains(stderr, want) {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

// No file makes the parser panic, and every error is one line.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"", "serve: {rate: 5}", "a: &a [*a]", "? {}\n: x", "serve:\n  listen: [x]\n", "--- 1\n--- 2\n", "<<: {rate: 1}\n", "serve: &s {rate: 1}\nmigrate: *s\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseWithConfig(t, text, "serve"); err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%q: more than a line: %q", text, err)
		}
	})
}
