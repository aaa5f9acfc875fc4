package admin_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

func TestOperators(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	credential := strings.TrimSpace(s.OK("operators", "add", "ada", "--operator", "chief"))
	if !strings.HasPrefix(credential, "yuno_ops_") || strings.ContainsAny(credential, " \n") {
		t.Errorf("printed %q", credential)
	}
	s.Fails(command.ExitFailure, "operator ada exists already: yuno-erasure operators revoke ada", "operators", "add", "ada")
	s.Fails(command.ExitUsage, "NAME must be at most 64 letters", "operators", "add", "ada@example.com")
	s.Fails(command.ExitUsage, "--role must be one of", "operators", "add", "grace", "--role", "owner")
	s.Fails(command.ExitUsage, "--operator must be at most 64 letters", "operators", "add", "grace", "--operator", "a b")
	s.OK("operators", "add", "grace", "--role", "viewer", "--json")
	list := s.OK("operators", "list") + s.OK("operators", "list", "--json")
	if !strings.Contains(list, "ada") || !strings.Contains(list, `"role": "viewer"`) || strings.Contains(list, credential) {
		t.Errorf("listed %s", list)
	}
	link := s.OK("operators", "link", "grace", "--address", "https://ops.example.com/")
	if !strings.HasPrefix(link, "https://ops.example.com/login?code=") {
		t.Errorf("link %s", link)
	}
	s.Fails(command.ExitFailure, "there is no operator eve", "operators", "link", "eve")
	s.Fails(command.ExitUsage, "--address wants an address", "operators", "link", "ada", "--address", "ops.example.com")
	s.OK("operators", "revoke", "ada")
	s.Fails(command.ExitFailure, "there is no operator ada", "operators", "revoke", "ada")
	if again := s.OK("operators", "add", "ada"); strings.Contains(again, credential) {
		t.Error("the same credential was printed again")
	}
	if by := s.OK("actions", "list", "--operator", "chief"); strings.Count(by, "add_operator") != 1 || !strings.Contains(by, "command") {
		t.Errorf("actions of chief:\n%s", by)
	}
}

// Whatever a person does with the command is recorded, by name.
func TestActionsOfTheCommand(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	by := []string{"--operator", "ada"}
	ok := func(args ...string) string { t.Helper(); return s.OK(slices.Concat(args, by)...) }
	ok("accounts", "create", "--code", clitest.AccountCode)
	ok("accounts", "rotate", clitest.AccountCode)
	ok("accounts", "revoke", clitest.AccountCode)
	s.OK("accounts", "create") // by the login name

	var list []erasure.Action
	if err := json.Unmarshal([]byte(s.OK("actions", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	var kinds []erasure.ActionKind
	for _, a := range list {
		kinds = append(kinds, a.Kind)
		if a.Via != erasure.ViaCommand || a.Operator == "" || a.Subject == "" {
			t.Errorf("recorded %+v", a)
		}
	}
	want := []erasure.ActionKind{erasure.ActionCreateAccount, erasure.ActionRevokeAccount, erasure.ActionRotateAccount, erasure.ActionCreateAccount}
	if !slices.Equal(kinds, want) {
		t.Errorf("recorded %v, want %v", kinds, want)
	}
	if list[0].Operator == "ada" || list[1].Operator != "ada" {
		t.Errorf("by %s, and then %s", list[1].Operator, list[0].Operator)
	}
	if text := s.OK("actions", "list", "--limit", "1"); strings.Count(text, "\n") != 2 || !strings.HasPrefix(text, "AT ") {
		t.Errorf("actions list:\n%s", text)
	}
	if empty := s.OK("actions", "list", "--operator", "eve", "--json"); empty != "[]\n" {
		t.Errorf("actions of nobody: %s", empty)
	}
}
