package bulkdelete

import (
	"errors"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

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
			if !strings.HasPrefix(to.whereErased(), c.where) || to.careful != c.careful {
				t.Errorf("%s, careful %t", to.whereErased(), to.careful)
			}
		})
	}
}

// The client and the command agree on which keys are Yuno's.
func TestIsYunosKey(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"sandbox_", "prod_", "staging_", "dev_", "erasure_", "test_", "Prod_", ""} {
		key := prefix + "k"
		_, err := client.New(client.Credentials{AccountCode: "493e9374-510a-4201-9e09-de669d75f256", PublicAPIKey: key, PrivateSecretKey: "s"})
		if isYunosKey(key) != (err == nil) {
			t.Errorf("%s: the command says %v, the client %v", key, isYunosKey(key), err)
		}
	}
}

// A key that cannot be sent is named as the user named it, and never printed.
func TestDestinationNamesAKey(t *testing.T) {
	t.Setenv(client.EnvAccountCode, "a")
	t.Setenv(client.EnvPublicAPIKey, "sandbox_p")
	t.Setenv(client.EnvPrivateSecretKey, "se cret")
	_, err := profileFlags{}.destination(bulk.NewPace(0))
	if err == nil || !strings.HasPrefix(err.Error(), client.EnvPrivateSecretKey+" contains a character at byte 2") || strings.Contains(err.Error(), "cret") {
		t.Errorf("got %v", err)
	}
	err = profileFlags{Profile: "p"}.notUsable(errors.New("Credentials.PrivateSecretKey is empty"), "its base_url")
	if !strings.HasPrefix(err.Error(), "private_secret_key is empty") {
		t.Errorf("got %v", err)
	}
}
