package demo_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/admin"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// serveSandbox runs the command until the test ends, and returns the variables that it
// printed.
func serveSandbox(t *testing.T, args ...string) (env map[string]string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- cli.Run(ctx, append([]string{"sandbox", "--port", "0"}, args...), strings.NewReader(""), in, in)
		in.Close()
	}()
	env = map[string]string{}
	for lines := bufio.NewScanner(out); len(env) < 4 && lines.Scan(); {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		env[name] = strings.Trim(value, "'")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	var code int
	stopped := false
	stop = func() int {
		if !stopped {
			cancel()
			code, stopped = <-done, true
		}
		return code
	}
	t.Cleanup(func() { stop() })
	return env, stop
}

func erase(t *testing.T, env map[string]string, id, fault string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, env["YUNO_API_ENDPOINT"]+"/customers/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-account-code", env["YUNO_ACCOUNT_CODE"])
	r.Header.Set("public-api-key", env["YUNO_PUBLIC_API_KEY"])
	r.Header.Set("private-secret-key", env["YUNO_PRIVATE_SECRET_KEY"])
	if fault != "" {
		r.Header.Set("X-Sandbox-Fault", fault)
	}
	response, err := new(http.Transport).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sandbox.json")
	content := `{
  "account": {"account_code": "493e9374-510a-4201-9e09-de669d75f256", "public_api_key": "sandbox_public", "private_secret_key": "sandbox_private"},
  "customers": ["c1", "c2", "c3"],
  "faults": {"c2": "503; retry-after=2s"}
}`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	env, stop := serveSandbox(t, "--file", file)
	if env["YUNO_PUBLIC_API_KEY"] != "sandbox_public" || env["YUNO_PRIVATE_SECRET_KEY"] != "sandbox_private" {
		t.Errorf("printed %v", env)
	}
	for _, c := range []struct {
		name, id, fault string
		want            int
		text            string
	}{
		{"Erases", "c1", "", 202, ""},
		{"Remembers", "c1", "", 400, "CUSTOMER_NOT_FOUND"},
		{"FaultByCustomer", "c2", "", 503, "SERVICE_UNAVAILABLE"},
		{"FaultByHeader", "c3", "504", 504, "REQUEST_TIMEOUT"},
		{"UnknownFault", "c3", "explode", 400, `X-Sandbox-Fault: fault "explode"`},
		{"FaultsDidNotErase", "c3", "", 202, ""},
	} {
		if status, body := erase(t, env, c.id, c.fault); status != c.want || !strings.Contains(body, c.text) {
			t.Errorf("%s: %d %q, want %d with %q", c.name, status, body, c.want, c.text)
		}
	}
	if code := stop(); code != command.ExitOK {
		t.Errorf("exit %d after an interruption, want %d: ending is how it ends", code, command.ExitOK)
	}
}

func TestSandboxRandomCredentials(t *testing.T) {
	t.Parallel()
	one, _ := serveSandbox(t)
	two, _ := serveSandbox(t)
	if one["YUNO_PRIVATE_SECRET_KEY"] == "" || one["YUNO_PRIVATE_SECRET_KEY"] == two["YUNO_PRIVATE_SECRET_KEY"] {
		t.Error("the secret keys are not random")
	}
}

func TestSandboxBadFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"Empty":        {"", "sandbox.json: is empty"},
		"NotJSON":      {"{", "sandbox.json: ends before the JSON object does"},
		"NotAnObject":  {"[]", "sandbox.json: must be a JSON object, not a JSON array"},
		"NotAList":     {`{"customers": "c1"}`, "sandbox.json: customers: cannot be a JSON string"},
		"UnknownKey":   {`{"customer": []}`, `sandbox.json: unknown field "customer"; yuno-erasure`},
		"UnknownFault": {`{"faults": {"c1": "explode"}}`, `unknown kind "explode": use one of none, 429, `},
		"DuplicateKey": {`{"faults": {"c1": "500", "c1": "503"}}`, "faults.c1 is duplicated"},
		"TwoDocuments": {`{}{}`, "unexpected text after the object"},
		"HalfAnAccount": {`{"account": {"account_code": "493e9374-510a-4201-9e09-de669d75f256"}}`,
			"PublicAPIKey is empty; PrivateSecretKey is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "sandbox.json")
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := clitest.Run(t.Context(), "sandbox", "--port", "0", "--file", file)
			if code != command.ExitFailure || stdout != "" || !strings.Contains(stderr, c.want) ||
				strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestSandboxJSON(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- cli.Run(ctx, []string{"sandbox", "--port", "0", "--json"}, strings.NewReader(""), in, io.Discard)
	}()
	var keys admin.AccountKeys
	if err := json.NewDecoder(out).Decode(&keys); err != nil ||
		!strings.HasPrefix(keys.APIEndpoint, "http://127.0.0.1:") || keys.PrivateSecretKey == "" {
		t.Errorf("printed %v, endpoint %q", err, keys.APIEndpoint)
	}
	cancel()
	if code := <-done; code != command.ExitOK {
		t.Errorf("exit %d", code)
	}
}
