package bulkdelete_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// checked runs check --json, and returns the states of address, keys and account.
func checked(t *testing.T) (status int, states, text string) {
	t.Helper()
	status, stdout, stderr := clitest.Run(t.Context(), "check", "--json")
	var got struct {
		Findings []struct{ Subject, State, Reason, Hint string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	var all []string
	for _, f := range got.Findings {
		all = append(all, f.State)
		text += f.Reason + " " + f.Hint + "\n"
	}
	return status, strings.Join(all, " "), text + stderr
}

func TestCheck(t *testing.T) {
	sb := newYuno(t, 1)
	status, states, text := checked(t)
	if status != command.ExitOK || states != "right right unknown" || !strings.Contains(text, "the first deletes will tell") {
		t.Errorf("exit status %d, %s\n%s", status, states, text)
	}
	status, stdout, stderr := clitest.Run(t.Context(), "check")
	if want := "address  right    " + sb.URL() + " responds as the API does\nkeys     right    they are accepted\naccount  unknown  "; status != command.ExitOK || !strings.Contains(stdout, want) || stderr != "" {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	for _, exchange := range sb.Requests() {
		if exchange.Method != http.MethodGet {
			t.Errorf("sent %s", exchange.Method)
		}
	}
	t.Setenv(client.EnvPrivateSecretKey, "another")
	if status, states, text := checked(t); status != command.ExitFailure || states != "right wrong unknown" || !strings.Contains(text, "the keys are wrong") || strings.Contains(text, "another\n") {
		t.Errorf("exit status %d, %s\n%s", status, states, text)
	}
	t.Setenv(client.EnvPublicAPIKey, "")
	if status, stdout, stderr := clitest.Run(t.Context(), "check"); status != command.ExitUsage || stdout != "" || !strings.Contains(stderr, "Try: ") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
}

// Each kind of wrong address, and each response that does not tell about the keys. None of
// them gets a DELETE.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	newYuno(t, 1)
	respond := func(status int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const jsonType, htmlType = "Content-Type: application/json", "Content-Type: text/html"
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		states  string
		want    string
	}{
		{"NoReads", respond(405, jsonType, `{"code":"UNSUPPORTED_METHOD","messages":[]}`), "right unknown unknown", "only a delete tries them"},
		{"Redirect", respond(302, "Location: https://example.com/", ""), "wrong unknown unknown", "redirects to another one"},
		{"Page", respond(200, htmlType, "<html>welcome</html>"), "wrong unknown unknown", "no response of Yuno's"},
		{"PathThatDoesNotExist", respond(404, htmlType, "<html>no</html>"), "wrong unknown unknown", "the path does not exist"},
		{"PathOrCustomer", respond(404, jsonType, `{"code":"NOT_FOUND","messages":["Not found."]}`), "unknown unknown unknown", "paths that do not exist"},
		{"NoHTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
				_ = conn.Close()
			}
		}, "unreachable unknown unknown", "is no HTTP"},
		{"Firewall", respond(403, htmlType, "<html>blocked</html>"), "wrong unknown unknown", "no response of Yuno's"},
		{"ProxyThatWantsAPassword", respond(407, htmlType, ""), "wrong unknown unknown", "HTTPS_PROXY"},
		{"AnotherAccount", respond(403, jsonType, `{"code":"AUTHORIZATION_REQUIRED","messages":[]}`), "right wrong unknown", "those of another account"},
		{"Address", respond(401, jsonType, `{"code":"UNKNOWN_IP_ADDRESS","messages":[]}`), "right wrong unknown", "IP address"},
		{"Busy", respond(429, jsonType, `{"code":"TOO_MANY_REQUESTS","messages":[]}`), "right unknown unknown", "try again later"},
		{"Failing", respond(500, jsonType, `{"code":"INTERNAL_ERROR","messages":[]}`), "right unknown unknown", "try again later"},
		{"CustomerForEveryID", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
			_, _ = io.WriteString(w, `{"id":"`+id+`","merchant_customer_id":"m","email":"ada@example.com","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}`)
		}, "wrong unknown unknown", ""},
		{"Disconnects", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "unreachable unknown unknown", "the connection broke"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var others atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					others.Add(1)
				}
				c.handler(w, r)
			}))
			defer server.Close()
			t.Setenv(client.EnvAPIEndpoint, server.URL+"/v1")
			status, states, text := checked(t)
			if status != command.ExitFailure || states != c.states || !strings.Contains(text, c.want) || strings.Contains(text, "ada@") || others.Load() != 0 {
				t.Errorf("exit status %d, %s, %d requests but GET\n%s", status, states, others.Load(), text)
			}
		})
	}
}

// What keeps the request from arriving is named.
func TestCheckCannotConnect(t *testing.T) {
	newYuno(t, 1)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for address, want := range map[string]string{
		"http://127.0.0.1:1/v1": "connection_refused nothing listens",
		untrusted.URL + "/v1":   "tls_failed the certificate is not trusted: set SSL_CERT_FILE",
		strings.Replace(plain.URL, "http:", "https:", 1) + "/v1": "tls_failed this port does not speak TLS",
	} {
		t.Setenv(client.EnvAPIEndpoint, address)
		status, states, text := checked(t)
		if status != command.ExitFailure || states != "unreachable unknown unknown" || !strings.Contains(text, want) || !strings.Contains(text, "cannot be reached from here") {
			t.Errorf("%s: exit status %d, %s\n%s", address, status, states, text)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status, stdout, stderr := clitest.Run(ctx, "check"); status != command.ExitInterrupted || stdout != "" {
		t.Errorf("interrupted: exit status %d\n%s%s", status, stdout, stderr)
	}
}

// The durable service retrieves nobody, and check says so.
func TestCheckOfServe(t *testing.T) {
	shell := clitest.NewShell(t)
	shell.OK("migrate")
	creds := shell.Account()
	baseURL, _, _ := shell.Serve()
	t.Setenv(client.EnvAccountCode, creds.AccountCode)
	t.Setenv(client.EnvPublicAPIKey, creds.PublicAPIKey)
	t.Setenv(client.EnvPrivateSecretKey, creds.PrivateSecretKey)
	t.Setenv(client.EnvAPIEndpoint, baseURL)
	status, states, text := checked(t)
	if status != command.ExitFailure || states != "right unknown unknown" || !strings.Contains(text, "only a delete tries them") {
		t.Errorf("exit status %d, %s\n%s", status, states, text)
	}
}

// A dry run offers the check.
func TestDryRunOffersCheck(t *testing.T) {
	sb := newYuno(t, 1)
	expect(t, command.ExitOK, "yuno-erasure check tries the keys without deleting anybody.\n", "", "c0", "--dry-run")
	if n := len(sb.Requests()); n != 0 {
		t.Errorf("sent %d requests", n)
	}
}
