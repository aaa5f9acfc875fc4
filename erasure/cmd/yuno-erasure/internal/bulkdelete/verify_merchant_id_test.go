package bulkdelete_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// The report of a verification has both ids if the deletion was by the merchant's.
func TestVerifyByMerchantID(t *testing.T) {
	newYuno(t, 3)
	file := clitest.WriteFile(t, "own.txt", "merchant-c2\nnobody\nmerchant-c0\n")
	expect(t, command.ExitNotFound, "2 accepted, 1 not found", "", "--by", "merchant-id", "--file", file)
	report := filepath.Join(t.TempDir(), "verified.csv")
	verified(t, command.ExitOK, "2 gone", "", "--journal", file+".journal", "--report", report)
	if got := table(t, report, "merchant_customer_id"); got["c2"] != "merchant-c2" || got["c0"] != "merchant-c0" || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if got := table(t, report, "line"); got["c2"] != "1" || got["c0"] != "3" {
		t.Errorf("got lines %v", got)
	}
}

// A record of look-ups that belongs to another run of the list gives nobody somebody else's
// merchant id.
func TestVerifyByMerchantIDWithOtherLookUps(t *testing.T) {
	newYuno(t, 2)
	file := clitest.WriteFile(t, "own.txt", "merchant-c0\nmerchant-c1\n")
	expect(t, command.ExitOK, "2 accepted", "", "--by", "merchant-id", "--file", file)
	record := file + ".journal.lookup"
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	lines[1], lines[2] = lines[2], lines[1]
	if err := os.WriteFile(record, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "verified.csv")
	verified(t, command.ExitOK, "2 gone", "", "--journal", file+".journal", "--report", report)
	if got := table(t, report, "merchant_customer_id"); len(got) != 2 || got["c0"] != "" || got["c1"] != "" {
		t.Errorf("got %v", got)
	}
}
