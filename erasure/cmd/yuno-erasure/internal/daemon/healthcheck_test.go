package daemon_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

func TestHealthcheckOfServe(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	_, opsURL, stop := s.Serve()
	address := strings.TrimPrefix(opsURL, "http://")
	check := func(flags ...string) (status int, stdout, stderr string) {
		return clitest.Run(t.Context(), append([]string{"healthcheck", "--ops-listen", address}, flags...)...)
	}
	await.True(t, "ready", func() bool { status, _, _ := check(); return status == command.ExitOK })
	if status, stdout, stderr := check(); status != command.ExitOK || stdout != "ok: connections ok, database ok, queue ok\n" || stderr != "" {
		t.Errorf("exit status %d, %q, %q", status, stdout, stderr)
	}
	if status, stdout, stderr := check("--live"); status != command.ExitOK || stdout != "ok: process ok\n" || stderr != "" {
		t.Errorf("--live: exit status %d, %q, %q", status, stdout, stderr)
	}
	if status := stop(); status != command.ExitOK {
		t.Fatalf("serve ended with %d", status)
	}
	if status, stdout, stderr := check(); status != command.ExitFailure || stdout != "" || !strings.Contains(stderr, "http://"+address+"/readyz does not respond") {
		t.Errorf("stopped: exit status %d, %q, %q", status, stdout, stderr)
	}
}

func TestHealthcheckOfOtherResponses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body     string
		status         int
		flags          []string
		stdout, stderr string
	}{
		{"NotReady", `{"queue":"no leader yet","database":"ok"}`, 503, nil, "", "yuno-erasure: not ready: database ok, queue no leader yet\n"},
		{"NotReadyJSON", `{"database":"failed"}`, 503, []string{"--json"}, `"ok": false`, "yuno-erasure: not ready\n"},
		{"NoText", `{"database":"\u001b[31mred\n"}`, 503, nil, "", "not ready: database \uFFFD[31mred\uFFFD\n"},
		{"AnotherServer", `<html>`, 200, nil, "", "something else than a status: is this the --ops-listen"},
		{"NoSuchPath", `{}`, 404, nil, "", "responds with 404: is this the --ops-listen"},
		{"Redirect", `{}`, 302, nil, "", "responds with 302"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := serveOnce(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/healthz")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			status, stdout, stderr := clitest.Run(t.Context(), append([]string{"healthcheck", "--ops-listen", address}, c.flags...)...)
			if status != command.ExitFailure || !strings.Contains(stdout, c.stdout) || (c.stdout == "") != (stdout == "") ||
				!strings.Contains(stderr, c.stderr) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit status %d, %q, %q", status, stdout, stderr)
			}
		})
	}
	t.Run("Silent", func(t *testing.T) {
		t.Parallel()
		address := serveOnce(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		status, _, stderr := clitest.Run(t.Context(), "healthcheck", "--ops-listen", address, "--timeout", "50ms")
		if status != command.ExitFailure || !strings.Contains(stderr, "/readyz did not respond within 50ms") {
			t.Errorf("exit status %d, %q", status, stderr)
		}
	})
	// serve listens on every address with an empty host or 0.0.0.0.
	t.Run("AllAddresses", func(t *testing.T) {
		t.Parallel()
		address := serveOnce(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"process":"ok"}`)) })
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"", "0.0.0.0", "[::]"} {
			if status, _, stderr := clitest.Run(t.Context(), "healthcheck", "--live", "--ops-listen", host+":"+port); status != command.ExitOK {
				t.Errorf("%q: exit status %d, %q", host, status, stderr)
			}
		}
	})
	for _, flags := range [][]string{{"--ops-listen", "8081"}, {"--ops-listen", ""}, {"--ops-listen", "user@host:80"}, {"--timeout", "0s"}} {
		if status, _, stderr := clitest.Run(t.Context(), append([]string{"healthcheck"}, flags...)...); status != command.ExitUsage || !strings.Contains(stderr, flags[0]+" wants") {
			t.Errorf("%q: exit status %d, %q", flags, status, stderr)
		}
	}
}

// serveOnce serves on a loopback address and returns it.
func serveOnce(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}
