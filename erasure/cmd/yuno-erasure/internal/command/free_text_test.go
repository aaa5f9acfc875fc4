package command

import (
	"strings"
	"testing"
)

func TestCheckFreeText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"deleted in the dashboard, ticket 4711": "", strings.Repeat("é", 40): "", "a@b": "", " x ": "",
		"": "--note wants 1 to 40 characters", " \t": "--note wants 1 to 40 characters",
		strings.Repeat("é", 41):    "--note wants 1 to 40 characters",
		"asked ada@example.com ok": "--note contains an e-mail address, and it is kept without personal data: name a ticket instead",
	} {
		got := ""
		if err := CheckFreeText("--note", text, 40); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
