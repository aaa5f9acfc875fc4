package admin_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

func TestImportIgnoresBlankLinesAndByteOrderMark(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	out := s.Import(creds.AccountCode, "\ufeff"+`{"id": "c1", "email": "ada@example.com"}`+"\r", "", "   ", `{"id": "c2"}`+"\r", "")
	if !strings.Contains(out, "2 customers imported (2 of them without providers), 0 bad lines") {
		t.Errorf("got %s", out)
	}
	if out := s.Import(creds.AccountCode, `{"id": "c1", "email": "new@example.com"}`); !strings.Contains(out, "1 customer imported") {
		t.Errorf("again: %s", out)
	}
}

func TestImportFromStandardInput(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	var out, errs bytes.Buffer
	code := cli.Run(t.Context(), []string{"customers", "import", "--account", creds.AccountCode, "--database", s.Database(), "-"},
		strings.NewReader(`{"id": "c1"}`), &out, &errs)
	if code != command.ExitOK || !strings.Contains(out.String(), "1 customer imported") {
		t.Errorf("exit %d, %s%s", code, &out, &errs)
	}
}

func TestImportSkipsTheBatchOfABadLine(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	lines := []string{
		`{"id": "c1"}`, `{"id": "c2"}`,
		`{"id": "c3"}`, `{"email": "ada@example.com"}`,
		`{"id": "c5"}`, `{"id": "c6"}`,
		`{"id": "c7"}`, `{"id": "c5", "providers": []}`,
		`{"id": "ada@example.com/x", "merchant_customer_id": 7}`, `not json ada@example.com`,
		`{"id": "c9"}`,
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := s.Run("customers", "import", "--account", creds.AccountCode, "--batch", "2", file)
	if code != command.ExitFailure ||
		!strings.Contains(stdout, "5 customers imported (5 of them without providers), 4 bad lines, 2 lines not imported because of a bad line in the same batch") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, want := range []string{"line 4: id is empty", "line 8: id is the same as in line 5", "line 9: merchant_customer_id is not a string", "line 10: not a JSON object", "4 bad lines: fix them and run"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing:\n%s", want, stderr)
		}
	}
	if strings.Contains(stdout+stderr, "ada@") {
		t.Errorf("repeats data:\n%s%s", stdout, stderr)
	}
}

// A nightly import of all customers must still work after the first erasure.
func TestImportSkipsErasedCustomers(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, `{"id": "c1", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`)
	store, err := database.Flags{Database: s.Database()}.Open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Now()
	_, err = store.Accept(t.Context(), erasure.AcceptRequest{AccountCode: creds.AccountCode, CustomerID: "c1", At: now, Deadline: now},
		func(context.Context, *sql.Tx, []erasure.Job) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	out := s.Import(creds.AccountCode, `{"id": "c0"}`, `{"id": "c1"}`, `{"id": "c2"}`)
	if !strings.Contains(out, "2 customers imported (2 of them without providers), 1 skipped because they were erased before, 0 bad lines") {
		t.Errorf("got %s", out)
	}
	if out := s.Import(creds.AccountCode, `{"id": "c1"}`); !strings.Contains(out, "0 customers imported, 1 skipped because they were erased before") {
		t.Errorf("alone: got %s", out)
	}
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(`{"id": "c1"}`+"\n"+`{"id": ""}`+"\n"+`{"id": "c3"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := s.Run("customers", "import", "--account", creds.AccountCode, file)
	if code != command.ExitFailure || !strings.Contains(stdout, "1 bad line, 2 lines not imported") ||
		!strings.Contains(stderr, "line 2: id is empty") {
		t.Errorf("with a bad line: exit %d\n%s%s", code, stdout, stderr)
	}
	list, err := store.ListErasures(t.Context(), erasure.ErasureFilter{})
	if err != nil || len(list) != 1 {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestImportLineTooLong(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(`{"id": "c1"}`+"\n"+strings.Repeat("x", 256<<10+1)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := s.Run("customers", "import", "--account", creds.AccountCode, file)
	if code != command.ExitFailure ||
		!strings.Contains(stderr, "line 2: is longer than 256 KiB; nothing after it was read") ||
		!strings.Contains(stdout, "0 customers imported") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestImportErrors(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Fails(command.ExitFailure, "is a directory, want a file",
		"customers", "import", "--account", creds.AccountCode, t.TempDir())
	s.Fails(command.ExitFailure, "no such file",
		"customers", "import", "--account", creds.AccountCode, "nowhere.jsonl")
	s.Fails(command.ExitUsage, "--batch wants",
		"customers", "import", "--account", creds.AccountCode, "--batch", "0", "-")
	s.Fails(command.ExitUsage, "missing flags: --account", "customers", "import", "-")
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(`{"id": "c1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, "there is no account",
		"customers", "import", "--account", "00000000-0000-4000-8000-000000000000", file)
	if err := os.WriteFile(file, []byte("\n \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, "there is no account",
		"customers", "import", "--account", "00000000-0000-4000-8000-000000000000", file)
	if err := os.WriteFile(file, []byte(`{"id": "a;b"}`+"\n"+`{"id": "ada@example.com"}`+"\n"+`{"id": "a b"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, "3 bad lines", "customers", "import", "--account", creds.AccountCode, file)
	s.Fails(command.ExitFailure, "line 1: id contains a semicolon at byte 1",
		"customers", "import", "--account", creds.AccountCode, file)
	if err := os.WriteFile(file, []byte("\n \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitFailure, file+": contains no customer",
		"customers", "import", "--account", creds.AccountCode, file)
}

// Ctrl-C ends the import while it waits for standard input.
func TestImportInterruptedWhileWaiting(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	ctx, cancel := context.WithCancel(t.Context())
	stdin, typing := io.Pipe()
	defer typing.Close()
	var out, errs bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- cli.Run(ctx, []string{"customers", "import", "--account", creds.AccountCode, "--database", s.Database(), "-"}, stdin, &out, &errs)
	}()
	if _, err := typing.Write([]byte(`{"id": "c1"}` + "\n")); err != nil { // it reads by now
		t.Fatal(err)
	}
	cancel()
	code := await.Receive(t, "the import stops waiting for standard input", done)
	if code != command.ExitInterrupted || !strings.HasSuffix(errs.String(), "yuno-erasure: interrupted\n") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, &out, &errs)
	}
}
