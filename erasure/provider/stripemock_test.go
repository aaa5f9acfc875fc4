package provider

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

const stripeMock = "github.com/stripe/stripe-mock@v0.203.0"

// The Stripe entry against Stripe's own mock, which is made from its
// specification. It knows every customer, so not-found is for providersim.
func TestStripeMock(t *testing.T) {
	t.Parallel()
	url := startStripeMock(t)
	connectWith := func(key string) *Connection {
		file := write(t, "config.yaml", fmt.Sprintf("connections:\n  - name: test\n    use: stripe\n    mode: test\n    parameters: {base_url: %q, api_key: {env: KEY}}\n", url))
		connections, err := Load(file, func(string) string { return key })
		if err != nil {
			t.Fatal(err)
		}
		return connections[0]
	}
	// The mock confirms the deletion, and still has the customer: it forgets nobody.
	t.Run("Deletes", func(t *testing.T) {
		t.Parallel()
		wantOutcome(t, connectWith("sk_test_123").Erase(t.Context(), erasure.Progress{References: someone}),
			erasure.Outcome{Kind: erasure.OutcomeRetry, Reason: "still_there", Status: 200})
	})
	t.Run("Checks", func(t *testing.T) {
		t.Parallel()
		wantOutcome(t, connectWith("sk_test_123").Check(t.Context()), erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200})
		wantOutcome(t, connectWith("nonsense").Check(t.Context()), erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: "key_refused", Status: 401})
	})
	t.Run("RefusesAKeyThatIsNone", func(t *testing.T) {
		t.Parallel()
		wantOutcome(t, connectWith("nonsense").Erase(t.Context(), erasure.Progress{References: someone}),
			erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: "key_refused", Status: 401})
	})
	t.Run("HasNoPathThatIsNotStripes", func(t *testing.T) {
		t.Parallel()
		c := describe(t, strings.Replace(strings.Replace(acme, "  suffix: {kind: path, default: \"\"}\n  merchant: {}\n", "", 1),
			"/v1/${merchant}/customers/${customer}${suffix}", "/v1/custmers/${customer}", 1), url)
		if got := c.Erase(t.Context(), erasure.Progress{References: someone}); got.Kind == succeeded || got.Kind == gone {
			t.Errorf("got %+v", got)
		}
	})
}

// startStripeMock runs the binary on the PATH, or builds it where
// REQUIRE_STRIPE_MOCK=1 is set; else it skips the test.
func startStripeMock(t *testing.T) string {
	t.Helper()
	binary, err := exec.LookPath("stripe-mock")
	if err != nil {
		if os.Getenv("REQUIRE_STRIPE_MOCK") != "1" {
			t.Skip("SKIPPED: stripe-mock is not on the PATH; REQUIRE_STRIPE_MOCK=1 builds it (go install " + stripeMock + ")")
		}
		binary = installStripeMock(t)
	}
	address := freeAddress(t)
	command := exec.Command(binary, "-http-addr", address, "-https-addr", freeAddress(t))
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // "signal: killed"
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Listening for HTTP at address") {
			go func() {
				for lines.Scan() { // else its pipe fills up and it stops
				}
			}()
			return "http://" + address
		}
	}
	t.Fatal("stripe-mock ended before it listened")
	return ""
}

func installStripeMock(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", stripeMock)
	install.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("go install %s: %v\n%s", stripeMock, err, output)
	}
	return filepath.Join(folder, "stripe-mock")
}

// freeAddress is a loopback address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
