package database_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// A subcommand that needs an existing database says so in one line and creates nothing.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"accounts", "list"}, {"accounts", "rotate", clitest.AccountCode}, {"accounts", "revoke", clitest.AccountCode},
		{"customers", "import", "--account", clitest.AccountCode, "-"}, {"customers", "find", "--merchant-id", "m1"},
		{"erasures", "list"}, {"erasures", "show", "x"}, {"erasures", "retry", "x"}, {"erasures", "resolve", "x", "--note", "y"},
		{"keys", "rotate"}, {"keys", "drop-older"}, {"compact"},
	} {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			code, stdout, stderr := clitest.RunProcess(t, folder, nil, args...)
			want := "yuno-erasure: no database at " + filepath.Join(folder, "yuno-erasure.db") + "; yuno-erasure serve, migrate or accounts create creates one\n"
			if code != command.ExitUsage || stdout != "" || stderr != want {
				t.Errorf("exit %d, stdout %q, stderr %q; want exit %d and %q", code, stdout, stderr, command.ExitUsage, want)
			}
			clitest.WantEmpty(t, folder)
		})
	}
}

func TestDatabasePath(t *testing.T) {
	t.Parallel()
	for _, subcommand := range [][]string{{"serve"}, {"migrate"}, {"accounts", "create"}, {"accounts", "list"}} {
		name := strings.Join(subcommand, "_")
		for want, database := range map[string]string{
			"misspelt of the database does not exist":           "file:misspelt/erasure.db",
			"is a folder\nTry: --database file:yuno-erasure.db": "file:.",
			"accepts a path only":                               "file:erasure.db?mode=ro",
			"want file:PATH":                                    "erasure.db",
		} {
			t.Run(name+"_"+database, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				code, _, stderr := clitest.RunProcess(t, folder, nil, append(subcommand, "--database", database)...)
				if code != command.ExitUsage || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 2 {
					t.Errorf("exit %d, stderr %q; want exit %d and %q", code, stderr, command.ExitUsage, want)
				}
				clitest.WantEmpty(t, folder)
			})
		}
	}
}

func TestMasterKeys(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if code, _, stderr := clitest.RunProcess(t, folder, nil, "migrate"); code != command.ExitOK {
		t.Fatalf("exit %d, stderr %q", code, stderr)
	}
	for want, env := range map[string]string{
		"master key 1 is not base64": seal.EnvKey + "=hunter2!",
		"wrong master key":           seal.EnvKey + "=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		"does not exist":             seal.EnvKeyFile + "=nowhere.key",
		"is a folder":                seal.EnvKeyFile + "=.",
	} {
		code, _, stderr := clitest.RunProcess(t, folder, []string{env}, "accounts", "list")
		if code != command.ExitFailure || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 ||
			strings.Contains(stderr, "hunter2") || strings.Contains(stderr, "MDEy") {
			t.Errorf("%s: exit %d, stderr %q", env, code, stderr)
		}
	}
}

// An error of connecting to PostgreSQL is one line without the password.
func TestPostgreSQLUnreachable(t *testing.T) {
	t.Parallel()
	key := seal.EnvKey + "=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	for database, c := range map[string]struct {
		code int
		want string
	}{
		"postgres://u:hunter2@127.0.0.1:1/x":                  {command.ExitFailure, "connection refused\n"},
		"postgres://u:hunter2/3@127.0.0.1:1/x":                {command.ExitUsage, "is not a URL"},
		"postgres://u@127.0.0.1/x?password=hunter2&sslmode=x": {command.ExitUsage, "PostgreSQL does not accept the postgres:// address"},
	} {
		for _, subcommand := range []string{"serve", "migrate", "compact"} {
			code, stdout, stderr := clitest.RunProcess(t, t.TempDir(), []string{key, "YUNO_ERASURE_DATABASE=" + database}, subcommand)
			line, hint, _ := strings.Cut(strings.TrimSuffix(stderr, "\n"), "\n")
			if code != c.code || !strings.Contains(line+"\n", c.want) ||
				hint != "" && !strings.HasPrefix(hint, "Try: ") ||
				strings.Contains(stdout+stderr, "hunter2") {
				t.Errorf("%s %s: exit %d, stderr %q", subcommand, database, code, stderr)
			}
		}
	}
	code, _, stderr := clitest.RunProcess(t, t.TempDir(), nil, "serve", "--database", "postgres://u@127.0.0.1:1/x")
	if code != command.ExitFailure || !strings.Contains(stderr, "no master key: set "+seal.EnvKeyFile) {
		t.Errorf("without a key: exit %d, stderr %q", code, stderr)
	}
}

// Impossible addresses are rejected before anything is created or changed.
func TestImpossibleAddresses(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	s.Fails(command.ExitUsage, "--endpoint: ", "accounts", "create", "--endpoint", "nope")
	s.Fails(command.ExitUsage, "--listen wants HOST:PORT", "serve", "--listen", "8080")
	s.Fails(command.ExitUsage, "--ops-listen wants HOST:PORT", "serve", "--ops-listen", "8081")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s.Fails(command.ExitFailure, "another program uses 127.0.0.1:",
		"serve", "--listen", taken.Addr().String(), "--ops-listen", "")
	if _, err := os.Stat(s.Path); err == nil {
		t.Error("a database was created")
	}
	before := s.Account()
	s.Fails(command.ExitUsage, "--endpoint: ", "accounts", "rotate", before.AccountCode, "--endpoint", "nope")
	if list := s.OK("accounts", "list", "--json"); !strings.Contains(list, before.PublicAPIKey) {
		t.Errorf("the keys were replaced: %s", list)
	}
}
