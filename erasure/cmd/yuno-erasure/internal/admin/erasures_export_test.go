package admin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfolder"
)

// erasedShell has a database with one completed erasure.
func erasedShell(t *testing.T) *clitest.Shell {
	t.Helper()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, `{"id": "c1", "email": "ada@example.com"}`, `{"id": "c2"}`)
	baseURL, _, stop := s.Serve()
	if err := clitest.NewClient(t, creds, baseURL).DeleteCustomer(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	stop()
	return s
}

func TestExportAndApply(t *testing.T) {
	t.Parallel()
	s := erasedShell(t)
	file := filepath.Join(t.TempDir(), "erased.jsonl")
	s.OK("erasures", "export", "--output", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if lines := strings.Count(string(text), "\n"); lines != 3 || !strings.Contains(string(text), `"customer":"c1"`) || strings.Contains(string(text), "ada@") {
		t.Errorf("%d lines:\n%s", lines, text)
	}
	if later := s.OK("erasures", "export", "--since", "2999-01-01"); strings.Count(later, "\n") != 2 {
		t.Errorf("nothing has changed since, but got\n%s", later)
	}
	s.Fails(command.ExitUsage, "--since wants a date", "erasures", "export", "--since", "yesterday")

	fresh := clitest.NewShell(t) // stands for a database from before the customers were imported
	fresh.OK("migrate")
	if out := fresh.OK("erasures", "apply", file); !strings.Contains(out, "1 erasure in the log: 0 customers erased again, 1 not in this database, 0 known here") {
		t.Errorf("got %s", out)
	}
	if out := fresh.OK("erasures", "apply", file); !strings.Contains(out, "0 not in this database, 1 known here") {
		t.Errorf("again: %s", out)
	}
	list := fresh.Erasures()
	if len(list) != 1 || list[0].CustomerID != "c1" {
		t.Errorf("got %+v", list)
	}
	fresh.Fails(command.ExitFailure, "no such file", "erasures", "apply", file+".not")

	for name, content := range map[string]string{
		":2: its checksum does not match": strings.Replace(string(text), `"customer":"c1"`, `"customer":"c2"`, 1), // "c1" may also be in a checksum
		": is cut short: it has no end":   string(text)[:strings.Index(string(text), `{"end"`)],
		":1: is not a line":               "id\nc1\n",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		other := clitest.NewShell(t)
		other.OK("migrate")
		other.Fails(command.ExitFailure, "nothing was applied: "+file+name, "erasures", "apply", file)
		if got := other.Erasures(); len(got) != 0 {
			t.Errorf("%s: applied %+v", name, got)
		}
	}
}

// A log is for one database, unless the operator says otherwise.
func TestApplyLogOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	s := erasedShell(t)
	log := filepath.Join(ownfolder.New(t), "erasures.log")
	serve := func(s *clitest.Shell, log string) {
		_, _, stop := s.Serve("--erasure-log", log)
		if code := stop(); code != command.ExitOK {
			t.Errorf("serve ended with %d", code)
		}
	}
	export := filepath.Join(t.TempDir(), "erased.jsonl") // of a database that has no log yet
	s.OK("erasures", "export", "--output", export)
	serve(s, log)
	other := clitest.NewShell(t)
	other.OK("migrate")
	serve(other, filepath.Join(ownfolder.New(t), "erasures.log"))
	other.Fails(command.ExitUsage, "is the log of another database: nothing was applied", "erasures", "apply", log)
	other.Fails(command.ExitUsage, "does not say of which database it is: nothing was applied", "erasures", "apply", export)
	other.Fails(command.ExitFailure, "is the log of another database: give each", "serve", "--listen", "127.0.0.1:0", "--ops-listen", "", "--erasure-log", log)
	if out := other.OK("erasures", "apply", "--another-database", log); !strings.Contains(out, "1 not in this database") {
		t.Errorf("got %s", out)
	}
	serve(s, log)
}

// The log is visible in readyz: one that cannot be written is a failure.
func TestErasureLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := erasedShell(t)
	s.Fails(command.ExitFailure, "no such file or directory", "serve", "--listen", "127.0.0.1:0", "--ops-listen", "", "--erasure-log", filepath.Join(t.TempDir(), "missing", "erasures.log"))
	if _, err := os.Stat(filepath.Dir(s.Path) + "/missing"); err == nil {
		t.Error("a folder was created")
	}
}

// The folder of the log disappears while the service runs, such as a disk that is
// unmounted, and comes back.
func TestErasureLogWithoutItsFolder(t *testing.T) {
	t.Parallel()
	s := erasedShell(t)
	folder := ownfolder.New(t)
	log := filepath.Join(folder, "erasures.log")
	_, ops, stop := s.Serve("--erasure-log", log)
	state := func(want string) {
		t.Helper()
		await.True(t, "readyz says "+want, func() bool {
			_, body := clitest.Get(t, ops+"/readyz")
			return strings.Contains(body, `"erasure_log":"`+want+`"`)
		})
	}
	state("ok")
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	state("failed")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	state("ok")
	if code := stop(); code != command.ExitOK {
		t.Errorf("serve ended with %d", code)
	}
	if text, err := os.ReadFile(log); err != nil || !strings.Contains(string(text), `"customer":"c1"`) {
		t.Errorf("the log was not written again: %q, %v", text, err)
	}
}
