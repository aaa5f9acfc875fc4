package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// Keys of a service of one's own stay with it: without its address there is none to
// send them to. Nothing is sent in these dry runs.
func TestDeleteNeedsAnAddressForOtherKeys(t *testing.T) {
	sb := yuno(t, 1)
	for key, code := range map[string]int{
		"erasure_0123456789": exitUsage, "0123456789": exitUsage, "SANDBOX_0123456789": exitUsage, "sandbox-0123456789": exitUsage,
		"sandbox_0123456789": exitOK, "prod_0123456789": exitOK, "staging_0123456789": exitOK, "dev_0123456789": exitOK,
	} {
		t.Setenv(client.EnvPublicAPIKey, key)
		t.Setenv(client.EnvAPIEndpoint, "")
		want := ""
		if code == exitUsage {
			want = "the prefix of YUNO_PUBLIC_API_KEY names none of Yuno's environments\nTry: setting YUNO_API_ENDPOINT (accounts create prints it)\n"
		}
		expect(t, code, "", want, "c0", "--dry-run")
		t.Setenv(client.EnvAPIEndpoint, sb.URL())
		expect(t, exitOK, "", "", "c0", "--dry-run")
	}

	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv(client.EnvAPIEndpoint, sb.URL()) // counts for no profile
	path := filepath.Join(config, "yuno-erasure", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("profiles:\n  own:\n    account_code: %s\n    public_api_key: erasure_0123456789\n    private_secret_key: erasure_9876543210\n", sb.Credentials().AccountCode)
	for more, want := range map[string]string{
		"":                                 "the prefix of public_api_key in the profile own names none of Yuno's environments\nTry: setting its base_url",
		"    base_url: " + sb.URL() + "\n": "",
	} {
		if err := os.WriteFile(path, []byte(text+more), 0o600); err != nil {
			t.Fatal(err)
		}
		code := exitOK
		if want != "" {
			code = exitUsage
		}
		expect(t, code, "", want, "c0", "--dry-run", "--profile", "own")
	}
}

func TestDestination(t *testing.T) {
	for _, c := range []struct {
		name, key, baseURL, where string
		careful                   bool
	}{
		{"Sandbox", "sandbox_1", "", "in Yuno's sandbox (https://api-sandbox.y.uno/v1), and at every payment provider", false},
		{"Staging", "staging_1", "", "in Yuno's staging (https://api-staging.y.uno/v1), and", false},
		{"Dev", "dev_1", "", "in Yuno's dev (https://api-dev.y.uno/v1), and", false},
		{"ProductionUS", "prod_1", "", "in Yuno's production (https://api.y.uno/v1), and", true},
		{"ProductionEMEA", "prod_1", client.BaseURLProductionEMEA, "in Yuno's production (https://api.eu.y.uno/v1), and", true},
		{"ProductionInCapitals", "prod_1", "https://API.Y.UNO/v1/", "in Yuno's production (", true},
		{"UnknownHostOfYunos", "erasure_1", "https://api.asia.y.uno/v1", "in Yuno's production (", true},
		{"OwnService", "erasure_1", "https://erasure.example.com/v1", "at the service https://erasure.example.com/v1", false},
		{"ProductionKeysElsewhere", "prod_1", "http://127.0.0.1:1/v1", "at the service http://127.0.0.1:1/v1", true},
		{"AHostThatOnlySoundsLikeYunos", "erasure_1", "https://evily.uno/v1", "at the service https://evily.uno/v1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(client.EnvAccountCode, "493e9374-510a-4201-9e09-de669d75f256")
			t.Setenv(client.EnvPublicAPIKey, c.key)
			t.Setenv(client.EnvPrivateSecretKey, "secret")
			t.Setenv(client.EnvAPIEndpoint, c.baseURL)
			to, err := profileFlags{}.destination(bulk.NewPace(0))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(to.where(), c.where) || to.careful != c.careful {
				t.Errorf("%s, careful %t", to.where(), to.careful)
			}
		})
	}
}

// The client and the command agree on which keys are Yuno's.
func TestIsYunosKey(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"sandbox_", "prod_", "staging_", "dev_", "erasure_", "test_", "Prod_", ""} {
		key := prefix + "k"
		_, err := client.New(client.Credentials{AccountCode: "a", PublicAPIKey: key, PrivateSecretKey: "s"})
		if isYunosKey(key) != (err == nil) {
			t.Errorf("%s: the command says %v, the client %v", key, isYunosKey(key), err)
		}
	}
}
