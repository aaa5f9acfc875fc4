package admin_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/admin"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	const code = "493e9374-510a-4201-9e09-de669d75f256"
	created := s.OK("accounts", "create", "--code", code)
	if !strings.Contains(created, "export YUNO_ACCOUNT_CODE='"+code) ||
		!strings.Contains(created, "YUNO_PRIVATE_SECRET_KEY='erasure_") ||
		!strings.Contains(created, "export YUNO_API_ENDPOINT='http://127.0.0.1:8080/v1'") {
		t.Errorf("created %s", created)
	}
	_, secret, _ := strings.Cut(created, "YUNO_PRIVATE_SECRET_KEY='")
	secret = strings.TrimSuffix(strings.TrimSpace(secret), "'")
	list := s.OK("accounts", "list") + s.OK("accounts", "list", "--json")
	if !strings.Contains(list, code) || strings.Contains(list, secret) {
		t.Errorf("listed %s", list)
	}
	rotated := s.OK("accounts", "rotate", code, "--json")
	if strings.Contains(rotated, secret) || !strings.Contains(rotated, code) {
		t.Errorf("rotated %s", rotated)
	}
	s.Fails(command.ExitFailure, "exists", "accounts", "create", "--code", code)
	s.Fails(command.ExitUsage, "--code is not a UUID", "accounts", "create", "--code", "mine")
	s.Fails(command.ExitUsage, "--code is not a UUID", "accounts", "create", "--code", strings.ToUpper(code))
	s.Fails(command.ExitFailure, "there is no account", "accounts", "rotate", "00000000-0000-4000-8000-000000000000")
	s.Fails(command.ExitFailure, "there is no account", "accounts", "revoke", "00000000-0000-4000-8000-000000000000")
	s.OK("accounts", "revoke", code)

	var keys admin.AccountKeys
	if err := json.Unmarshal([]byte(s.OK("accounts", "rotate", code, "--json", "--endpoint", "https://erasure.example.com/v1")), &keys); err != nil ||
		keys.APIEndpoint != "https://erasure.example.com/v1" || keys.AccountCode != code || keys.PublicAPIKey == "" || keys.PrivateSecretKey == "" {
		t.Errorf("rotate --json: %v", err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// Keys that could not be printed are in force: that must not look like a failure to
// make them.
func TestKeysThatCannotBePrinted(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	var stderr bytes.Buffer
	code := cli.Run(t.Context(), []string{"accounts", "create", "--code", clitest.AccountCode, "--database", s.Database()}, strings.NewReader(""), brokenPipe{}, &stderr)
	if code != command.ExitFailure ||
		!strings.Contains(stderr.String(), "account "+clitest.AccountCode+" has new keys, but they could not be printed: broken pipe (yuno-erasure accounts rotate replaces them)") {
		t.Errorf("exit %d, stderr %q", code, &stderr)
	}
	s.OK("accounts", "rotate", clitest.AccountCode)
}
