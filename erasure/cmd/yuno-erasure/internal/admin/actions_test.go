package admin_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Imports, logs and master keys are in the list of what people have done, one action for
// each command, however many transactions it took.
func TestActionsOfWholeCommands(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	customers := clitest.WriteFile(t, "customers.jsonl", "{\"id\": \"c1\"}\n{\"id\": \"c2\"}\n{\"id\": \"c3\"}\n")
	s.OK("customers", "import", "--account", creds.AccountCode, "--batch", "2", "--operator", "ada", customers)
	baseURL, _, stop := s.Serve()
	if err := clitest.NewClient(t, creds, baseURL).DeleteCustomer(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	stop()
	log := clitest.WriteFile(t, "erasures.jsonl", s.OK("erasures", "export"))
	s.OK("erasures", "apply", "--operator", "ada", log)
	s.OK("keys", "rotate", "--operator", "ada")
	s.OK("keys", "drop-older", "--operator", "ada")

	var got []erasure.Action
	if err := json.Unmarshal([]byte(s.OK("actions", "list", "--operator", "ada", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	keyID := regexp.MustCompile(`^[0-9a-f]{16}$`)
	want := []erasure.Action{
		{Kind: erasure.ActionDropMasterKeys},
		{Kind: erasure.ActionRotateMasterKey, Note: "keys wrapped under it: 3"},
		{Kind: erasure.ActionApplyLog, Note: "erased again: 0, not in this database: 0, known here: 1"},
		{Kind: erasure.ActionImportCustomers, Subject: creds.AccountCode, Note: "customers: 3"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, a := range got {
		if i < 2 {
			if !keyID.MatchString(a.Subject) {
				t.Errorf("%s of %q, want a key", a.Kind, a.Subject)
			}
			a.Subject = ""
		}
		if a.Kind != want[i].Kind || a.Subject != want[i].Subject || a.Note != want[i].Note || a.Via != erasure.ViaCommand || a.At.IsZero() {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	if got[0].Subject == got[1].Subject {
		t.Error("the key that was dropped is the new one")
	}
	for _, args := range [][]string{
		{"customers", "import", "--account", creds.AccountCode, customers}, {"erasures", "apply", log}, {"keys", "rotate"}, {"keys", "drop-older"},
	} {
		s.Fails(command.ExitUsage, "--operator", append(args, "--operator", "a\tb")...)
	}
}
