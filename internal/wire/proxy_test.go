package wire

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"
)

// The environment is read once per process, so it has to be that of a process of its own.
func TestProxy(t *testing.T) {
	t.Parallel()
	if os.Getenv("WIRE_TEST_PROXY") == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$", "-test.v")
		cmd.Env = append(os.Environ(), "WIRE_TEST_PROXY=1", "HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for target, proxied := range map[string]bool{
		"http://localhost:1/v1":          false,
		"http://LocalHost:1/v1":          false,
		"http://localhost.:1/v1":         false,
		"http://127.0.0.1:1/v1":          false,
		"http://[::1]:1/v1":              false,
		"http://[::ffff:127.0.0.1]:1/v1": false,
		"https://api.example.com/v1":     true,
		"http://localhost.example.com":   true,
	} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := Proxy(&http.Request{URL: u})
		if err != nil || (proxy != nil) != proxied {
			t.Errorf("%s: got proxy %v, %v, want one: %t", target, proxy, err, proxied)
		}
	}
}
