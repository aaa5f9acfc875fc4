package main

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/seal"
)

const someAccount = "493e9374-510a-4201-9e09-de669d75f256"

// Whatever only works on a database that is there says so in one line, and leaves
// the folder as it was.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"accounts", "list"}, {"accounts", "rotate", someAccount}, {"accounts", "revoke", someAccount},
		{"customers", "import", "--account", someAccount, "-"},
		{"erasures", "list"}, {"erasures", "show", "x"}, {"erasures", "retry", "x"}, {"erasures", "resolve", "x", "--note", "y"},
		{"keys", "rotate"}, {"keys", "drop-older"}, {"compact"},
	} {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			code, stdout, stderr := runProcess(t, folder, nil, args...)
			want := "yuno-erasure: no database at " + filepath.Join(folder, "yuno-erasure.db") + "; yuno-erasure serve, migrate or accounts create creates one\n"
			if code != exitUsage || stdout != "" || stderr != want {
				t.Errorf("exit %d, stdout %q, stderr %q; want exit %d and %q", code, stdout, stderr, exitUsage, want)
			}
			wantEmpty(t, folder)
		})
	}
}

func wantEmpty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("%s holds %v, %v", folder, left, err)
	}
}

func TestPlaceOfDatabase(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"serve"}, {"migrate"}, {"accounts", "create"}, {"accounts", "list"}} {
		name := strings.Join(command, "_")
		for want, database := range map[string]string{
			"misspelt for the database":                         "file:misspelt/erasure.db",
			"is a folder\nTry: --database file:yuno-erasure.db": "file:.",
			"accepts a path only":                               "file:erasure.db?mode=ro",
			"want file:PATH":                                    "erasure.db",
		} {
			t.Run(name+"_"+database, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				code, _, stderr := runProcess(t, folder, nil, append(command, "--database", database)...)
				if code != exitUsage || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 2 {
					t.Errorf("exit %d, stderr %q; want exit %d and %q", code, stderr, exitUsage, want)
				}
				wantEmpty(t, folder)
			})
		}
	}
}

// What migrate has made is a database that everything else takes.
func TestMigrateCreatesADatabase(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	code, stdout, stderr := s.run("migrate")
	if code != exitOK || stdout != "The schema is up to date.\n" || !strings.Contains(stderr, "created the master key") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	s.account()
	if code, _, stderr := s.run("migrate"); code != exitOK || stderr != "" {
		t.Errorf("again: exit %d, stderr %q", code, stderr)
	}
}

// One process works on an SQLite file; everything else works beside it.
func TestSecondService(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	creds := s.account()
	_, _, stop := s.serve()
	want := "another serve or migrate has " + strings.TrimPrefix(s.database, "file:") + " open"
	s.fails(exitFailure, want, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "")
	s.fails(exitFailure, want, "migrate")
	s.importLines(creds.AccountCode, `{"id": "c1"}`)
	s.ok("accounts", "create")
	s.ok("erasures", "list")
	s.ok("keys", "rotate")
	s.ok("compact")
	if code := stop(); code != exitOK {
		t.Errorf("serve ended with %d", code)
	}
	s.ok("migrate")
}

func TestSecondServiceBySymbolicLink(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ok("migrate")
	s.serve()
	file := strings.TrimPrefix(s.database, "file:")
	other := &shell{t, "file:" + filepath.Join(t.TempDir(), "other.db")}
	for _, suffix := range []string{"", ".key"} {
		if err := os.Symlink(file+suffix, strings.TrimPrefix(other.database, "file:")+suffix); err != nil {
			t.Skip(err)
		}
	}
	other.fails(exitFailure, "another serve or migrate has", "migrate")
}

// A service that was killed leaves no lock behind.
func TestLockAfterKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := process(t, folder, nil, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serving := false
	for lines := bufio.NewScanner(log); !serving && lines.Scan(); {
		serving = strings.Contains(lines.Text(), "msg=serving")
	}
	if !serving {
		t.Fatal("it does not serve")
	}
	code, _, stderr := runProcess(t, folder, nil, "migrate")
	if code != exitFailure || !strings.Contains(stderr, "another serve or migrate") {
		t.Errorf("beside it: exit %d, stderr %q", code, stderr)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if code, _, stderr := runProcess(t, folder, nil, "migrate"); code != exitOK {
		t.Errorf("after its death: exit %d, stderr %q", code, stderr)
	}
}

func TestMasterKeys(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if code, _, stderr := runProcess(t, folder, nil, "migrate"); code != exitOK {
		t.Fatalf("exit %d, stderr %q", code, stderr)
	}
	for want, env := range map[string]string{
		"master key 1 is not base64": seal.EnvKey + "=hunter2!",
		"wrong master key":           seal.EnvKey + "=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		"does not exist":             seal.EnvKeyFile + "=nowhere.key",
		"is a folder":                seal.EnvKeyFile + "=.",
	} {
		code, _, stderr := runProcess(t, folder, []string{env}, "accounts", "list")
		if code != exitFailure || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "hunter2") || strings.Contains(stderr, "MDEy") {
			t.Errorf("%s: exit %d, stderr %q", env, code, stderr)
		}
	}
}

// What is wrong with PostgreSQL is one line without the password.
func TestPostgreSQLAway(t *testing.T) {
	t.Parallel()
	key := seal.EnvKey + "=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	for database, c := range map[string]struct {
		code int
		want string
	}{
		"postgres://u:hunter2@127.0.0.1:1/x":                  {exitFailure, "connection refused\n"},
		"postgres://u:hunter2/3@127.0.0.1:1/x":                {exitUsage, "is not a URL"},
		"postgres://u@127.0.0.1/x?password=hunter2&sslmode=x": {exitUsage, "does not accept the postgres:// address"},
	} {
		for _, command := range []string{"serve", "migrate", "compact"} {
			code, stdout, stderr := runProcess(t, t.TempDir(), []string{key, "YUNO_ERASURE_DATABASE=" + database}, command)
			line, hint, _ := strings.Cut(strings.TrimSuffix(stderr, "\n"), "\n")
			if code != c.code || !strings.Contains(line+"\n", c.want) || hint != "" && !strings.HasPrefix(hint, "Try: ") || strings.Contains(stdout+stderr, "hunter2") {
				t.Errorf("%s %s: exit %d, stderr %q", command, database, code, stderr)
			}
		}
	}
	code, _, stderr := runProcess(t, t.TempDir(), nil, "serve", "--database", "postgres://u@127.0.0.1:1/x")
	if code != exitFailure || !strings.Contains(stderr, "no master key: set "+seal.EnvKeyFile) {
		t.Errorf("without a key: exit %d, stderr %q", code, stderr)
	}
}

// What cannot be right is refused before anything is created or changed.
func TestAddressesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.fails(exitUsage, "--endpoint: ", "accounts", "create", "--endpoint", "nope")
	s.fails(exitUsage, "--listen wants HOST:PORT", "serve", "--listen", "8080")
	s.fails(exitUsage, "--ops-listen wants HOST:PORT", "serve", "--ops-listen", "8081")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s.fails(exitFailure, "address already in use", "serve", "--listen", taken.Addr().String(), "--ops-listen", "")
	if _, err := os.Stat(strings.TrimPrefix(s.database, "file:")); err == nil {
		t.Error("a database was created")
	}
	before := s.account()
	s.fails(exitUsage, "--endpoint: ", "accounts", "rotate", before.AccountCode, "--endpoint", "nope")
	if list := s.ok("accounts", "list", "--json"); !strings.Contains(list, before.PublicAPIKey) {
		t.Errorf("the keys were replaced: %s", list)
	}
}
