package bulkdelete_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Without a response, the cause comes from the errors that the client really returns.
func TestCauseWithoutResponse(t *testing.T) {
	newYuno(t, 1)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	for address, want := range map[string][2]string{
		"http://127.0.0.1:1/v1": {"c0: failed, connection_refused\n", "1 failed: 1 connection_refused (nothing listens at http://127.0.0.1:1/v1: is the base URL right, and the service up?)\n"},
		untrusted.URL + "/v1":   {"c0: failed, tls_failed\n", "1 failed: 1 tls_failed (the certificate is not trusted: set SSL_CERT_FILE to a file with the root certificate of your network or service)\n"},
	} {
		t.Setenv(client.EnvAPIEndpoint, address)
		expect(t, exitFailed, want[0], "1 failed, 0 invalid", "c0")
		expect(t, exitFailed, want[1], "1 failed, 0 invalid", "c0")
		expect(t, exitFailed, `"causes": [`, want[1], "c0", "--json")
	}
}

// A 404 that is not about the customer hints at a wrong base URL.
func TestWrongPath(t *testing.T) {
	newYuno(t, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"code": "NOT_FOUND", "messages": ["Not found."]}`)
	}))
	defer server.Close()
	t.Setenv(client.EnvAPIEndpoint, server.URL)
	expect(t, exitFailed, "c0: failed, status 404, NOT_FOUND\n", "1 failed", "c0")
	expect(t, exitFailed, "the base URL "+server.URL+" lacks /v1", "", "c0")
	many := clitest.WriteFile(t, "ids.txt", "c0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\nc8\nc9\nd0\nd1\nd2\nd3\nd4\nd5\nd6\nd7\nd8\nd9\ne0\n")
	expect(t, exitFailed, "", "The path does not exist: the base URL "+server.URL+" lacks /v1.", "--file", many, "--yes")
	t.Setenv(client.EnvAPIEndpoint, server.URL+"/v1")
	code, stdout, stderr := clitest.Run(t.Context(), "delete", "c0")
	if code != exitFailed || stderr == "" || strings.Contains(stdout+stderr, "lack") {
		t.Errorf("exit status %d, %s%s", code, stdout, stderr)
	}
}

// Keys of another service are rejected without a base URL: they must not be sent to
// Yuno. Nothing is sent in these dry runs.
func TestOtherKeysNeedABaseURL(t *testing.T) {
	sb := newYuno(t, 1)
	for key, code := range map[string]int{
		"erasure_0123456789": command.ExitUsage, "0123456789": command.ExitUsage, "SANDBOX_0123456789": command.ExitUsage, "sandbox-0123456789": command.ExitUsage,
		"sandbox_0123456789": command.ExitOK, "prod_0123456789": command.ExitOK, "staging_0123456789": command.ExitOK, "dev_0123456789": command.ExitOK,
	} {
		t.Setenv(client.EnvPublicAPIKey, key)
		t.Setenv(client.EnvAPIEndpoint, "")
		want := ""
		if code == command.ExitUsage {
			want = "the prefix of YUNO_PUBLIC_API_KEY is none of Yuno's, and no base URL is set\nTry: setting YUNO_API_ENDPOINT (accounts create prints it)\n"
		}
		expect(t, code, "", want, "c0", "--dry-run")
		t.Setenv(client.EnvAPIEndpoint, sb.URL())
		expect(t, command.ExitOK, "", "", "c0", "--dry-run")
	}

	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv(client.EnvAPIEndpoint, sb.URL()) // does not apply to profiles
	path := filepath.Join(config, "yuno-erasure", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("profiles:\n  own:\n    account_code: %s\n    public_api_key: erasure_0123456789\n    private_secret_key: erasure_9876543210\n", sb.Credentials().AccountCode)
	for more, want := range map[string]string{
		"":                                 "the prefix of public_api_key in the profile own is none of Yuno's, and no base URL is set\nTry: setting its base_url",
		"    base_url: " + sb.URL() + "\n": "",
	} {
		if err := os.WriteFile(path, []byte(text+more), 0o600); err != nil {
			t.Fatal(err)
		}
		code := command.ExitOK
		if want != "" {
			code = command.ExitUsage
		}
		expect(t, code, "", want, "c0", "--dry-run", "--profile", "own")
	}
}

func TestUnusableDestination(t *testing.T) {
	for _, c := range []struct{ name, account, baseURL, want string }{
		{"NoURL", "493e9374-510a-4201-9e09-de669d75f256", "127.0.0.1:1/v1", "base URL is not a URL\nTry: setting YUNO_API_ENDPOINT to the whole address"},
		{"NoTLS", "493e9374-510a-4201-9e09-de669d75f256", "http://192.0.2.1/v1", "base URL must be https; http is for loopback hosts\nTry: setting YUNO_API_ENDPOINT"},
		{"NoAccount", "", "http://127.0.0.1:1/v1", "not set in the environment: YUNO_ACCOUNT_CODE\nTry: set them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(client.EnvAccountCode, c.account)
			t.Setenv(client.EnvPublicAPIKey, "erasure_1")
			t.Setenv(client.EnvPrivateSecretKey, "secret")
			t.Setenv(client.EnvAPIEndpoint, c.baseURL)
			expect(t, command.ExitUsage, "", "yuno-erasure: "+c.want, "c0")
		})
	}
}

// Without --file, the name of the list is in the place of an id.
func TestFileAsID(t *testing.T) {
	sb := newYuno(t, 1)
	file := clitest.WriteFile(t, "ids.txt", "c0\n")
	t.Chdir(filepath.Dir(file))
	expect(t, command.ExitUsage, "", "id 1 is the name of a file in this folder\nTry: --file ids.txt", "ids.txt")
	if n := len(sb.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
