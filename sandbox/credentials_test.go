package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// The type is the same, so that no test has to convert.
var _ client.Credentials = sandbox.Credentials{}

func TestGivenCredentials(t *testing.T) {
	t.Parallel()
	want := sandbox.Credentials{
		AccountCode:      "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11",
		PublicAPIKey:     "sandbox_p",
		PrivateSecretKey: "sandbox_s",
	}
	sb, got := inMemory(t, sandbox.WithCredentials(want))
	if got != want {
		t.Error("the first account is not the given one")
	}
	erase(sb, want, "c1").want(t, 202, "")
}

func TestGeneratedCredentials(t *testing.T) {
	t.Parallel()
	sb, first := inMemory(t)
	second := sb.AddAccount()
	for _, c := range []sandbox.Credentials{first, second} {
		if len(c.AccountCode) != 36 || c.AccountCode[14] != '4' || !strings.HasPrefix(c.PublicAPIKey, "sandbox_") {
			t.Errorf("account code %q, public key %q: want a UUID and a key of the sandbox environment", c.AccountCode, c.PublicAPIKey)
		}
	}
	if first.AccountCode == second.AccountCode || first.PrivateSecretKey == second.PrivateSecretKey {
		t.Error("two accounts have the same code or secret key")
	}
}

func TestCredentialsAreRedacted(t *testing.T) {
	t.Parallel()
	_, c := inMemory(t)
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&b, verb, c)
		fmt.Fprintf(&b, verb, &c)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "c", c)
	if err := json.NewEncoder(&b).Encode(map[string]any{"c": c}); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{c.PrivateSecretKey, fmt.Sprintf("%x", c.PrivateSecretKey), c.PublicAPIKey} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the output contains a key: %s", b.String())
		}
	}
	if !strings.Contains(b.String(), "[redacted]") {
		t.Error("nothing was printed")
	}
}
