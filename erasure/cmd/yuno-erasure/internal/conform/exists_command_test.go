package conform

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

func TestParseExistsCommand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "{id} as one of its arguments",
		"true":                    "{id} as one of its arguments",
		"{id}":                    "wants a program",
		"true customer={id}":      "{id} as one of its arguments",
		"/nowhere/to-be-run {id}": "is not a program that can be run",
	} {
		if _, err := parseExistsCommand(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestExistsCommand(t *testing.T) {
	t.Setenv(client.EnvPrivateSecretKey, "secret")
	t.Setenv(envSecondPublicKey, "public")
	script := filepath.Join(t.TempDir(), "customer-exists")
	content := "#!/bin/sh\n" +
		"[ -z \"$" + client.EnvPrivateSecretKey + "$" + envSecondPublicKey + "\" ] || exit 3\n" +
		"echo jane.doe >&2\n" +
		"case $2 in here) exit 0;; '*') exit 0;; gone) exit 1;; hangs) exec sleep 600;; esac\n" +
		"exit 4\n"
	testprogram.Write(t, script, content)
	lookUp, err := parseExistsCommand(script + "  --customer  {id} ")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"here": true, "gone": false, "*": true} {
		if got, err := lookUp.exists(t.Context(), id); err != nil || got != want {
			t.Errorf("%s: got %t, %v, want %t", id, got, err, want)
		}
	}
	if _, err := lookUp.exists(t.Context(), "here; exit 0"); err == nil || !strings.Contains(err.Error(), "exit status 4") || strings.Contains(err.Error(), "jane") {
		t.Errorf("got %v, want the status and nothing that the command printed", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lookUp.exists(ended, "hangs"); err == nil || !strings.Contains(err.Error(), "took too long") {
		t.Errorf("got %v, want the end of the time limit", err)
	}
}
