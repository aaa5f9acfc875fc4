package admin_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

// newShellWithCustomers returns a shell for a database with one account and customers.
func newShellWithCustomers(t *testing.T) (s *clitest.Shell, account string) {
	t.Helper()
	s = clitest.NewShell(t)
	account = s.Account().AccountCode
	s.Import(account,
		`{"id": "c1", "merchant_customer_id": "m1", "email": "ada@example.com"}`,
		`{"id": "c2", "merchant_customer_id": "m2", "email": "bob@example.com"}`,
		`{"id": "c3", "merchant_customer_id": "m2", "email": "eve@example.com"}`,
		`{"id": "c4", "email": "kim@example.com"}`)
	return s, account
}

func TestFind(t *testing.T) {
	t.Parallel()
	s, account := newShellWithCustomers(t)
	for merchantID, want := range map[string]string{"m1": "c1\n", "m2": "c2\nc3\n"} {
		for _, flags := range [][]string{nil, {"--account", account}} {
			got := s.OK(append([]string{"customers", "find", "--merchant-id", merchantID}, flags...)...)
			if got != want {
				t.Errorf("%s %v: got %q, want %q", merchantID, flags, got, want)
			}
		}
	}
	var ids []string
	stdout := s.OK("customers", "find", "--merchant-id", "m2", "--json")
	if err := json.Unmarshal([]byte(stdout), &ids); err != nil || !slices.Equal(ids, []string{"c2", "c3"}) {
		t.Errorf("--json: %q, %v", ids, err)
	}
}

// The merchant's id may be personal data, so no message repeats it.
func TestFindNone(t *testing.T) {
	t.Parallel()
	s, account := newShellWithCustomers(t)
	want := "yuno-erasure: no live customer of account " + account + " has this merchant_customer_id\n"
	for format, wantOut := range map[string]string{"--json=false": "", "--json": "[]\n"} {
		status, stdout, stderr := s.Run("customers", "find", "--merchant-id", "ada@example.com", format)
		if status != command.ExitNotFound || stdout != wantOut || stderr != want {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q", format, status, stdout, stderr)
		}
	}
}

func TestFindErased(t *testing.T) {
	t.Parallel()
	s, account := newShellWithCustomers(t)
	store, err := database.Flags{Database: s.Database()}.Open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Now()
	_, err = store.Accept(t.Context(), erasure.AcceptRequest{AccountCode: account, CustomerID: "c1", At: now, Deadline: now},
		func(context.Context, *sql.Tx, []erasure.Job) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	s.Fails(command.ExitNotFound, "no live customer", "customers", "find", "--merchant-id", "m1")
}

func TestFindAccounts(t *testing.T) {
	t.Parallel()
	s, account := newShellWithCustomers(t)
	s.Fails(command.ExitFailure, "there is no account",
		"customers", "find", "--merchant-id", "m2", "--account", clitest.AccountCode)
	other := s.Account().AccountCode
	s.Fails(command.ExitUsage, "there are 2 accounts, and --account is missing\nTry: --account",
		"customers", "find", "--merchant-id", "m2")
	s.Fails(command.ExitNotFound, "no live customer of account "+other,
		"customers", "find", "--merchant-id", "m2", "--account", other)
	if got := s.OK("customers", "find", "--merchant-id", "m2", "--account", account); got != "c2\nc3\n" {
		t.Errorf("got %q", got)
	}

	empty := clitest.NewShell(t)
	empty.OK("migrate")
	empty.Fails(command.ExitFailure, "there is no account (yuno-erasure accounts create)",
		"customers", "find", "--merchant-id", "m2")
}

func TestFindUsage(t *testing.T) {
	t.Parallel()
	s, _ := newShellWithCustomers(t)
	for _, args := range [][]string{{"customers", "find"}, {"customers", "find", "--merchant-id", ""}} {
		s.Fails(command.ExitUsage, "--merchant-id wants a value", args...)
	}
	// No import accepts such an id, and "no such customer" would be misleading.
	for _, id := range []string{"m2 ", "m2\u200b", "m\u00a0"} {
		status, _, stderr := s.Run("customers", "find", "--merchant-id", id)
		if status != command.ExitUsage || !strings.Contains(stderr, "no import accepts such an id") || strings.Contains(stderr, "m2") {
			t.Errorf("%q: exit status %d: %s", id, status, stderr)
		}
	}
}
