package provider

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// secret is every secret of these tests.
const secret = "s3cr3t-Key"

var someone = erasure.References{
	Customer: "cus_123",
	Tokens:   []string{"tok_1", "tok_2"},
	Payments: []string{"pay_1", "pay_2"},
}

func env(name string) string {
	if name == "SECRET" {
		return secret
	}
	return ""
}

// write puts a file into a new folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// connect loads a configuration with one connection.
func connect(t *testing.T, text string) *Connection {
	t.Helper()
	connections, err := Load(write(t, "config.yaml", text), env)
	if err != nil {
		t.Fatal(err)
	}
	if len(connections) != 1 {
		t.Fatalf("%d connections, want 1", len(connections))
	}
	return connections[0]
}

// useEntry is the configuration of a connection that uses a catalogue entry:
// base URLs as given, every secret from SECRET, and the name of each other
// parameter without a default as its value. More is indented as it is.
func useEntry(name string, baseURLs map[string]string, more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "connections:\n  - name: test\n    use: %s\n", name)
	var parameters []string
	for _, entry := range Catalogue() {
		if entry.Name != name {
			continue
		}
		for _, p := range entry.Parameters {
			switch {
			case p.Kind == "url":
				parameters = append(parameters, fmt.Sprintf("      %s: %s\n", p.Name, baseURLs[p.Name]))
			case p.Kind == "secret":
				parameters = append(parameters, fmt.Sprintf("      %s: {env: SECRET}\n", p.Name))
			case p.Required:
				parameters = append(parameters, fmt.Sprintf("      %s: my_%s\n", p.Name, p.Name))
			}
		}
	}
	if len(parameters) > 0 {
		b.WriteString("    parameters:\n" + strings.Join(parameters, ""))
	}
	b.WriteString("    limits: {per_second: 100000, concurrency: 100}\n" + more)
	return b.String()
}

// simulate starts a simulated provider and a connection to it.
func simulate(t *testing.T, name string) (*Connection, *providersim.Sim) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return simulateOn(t, listener, name)
}

func simulateOn(t *testing.T, listener net.Listener, name string) (*Connection, *providersim.Sim) {
	t.Helper()
	shape, ok := providersim.ShapeOf(name)
	if !ok {
		t.Fatalf("no shape for %s", name)
	}
	sim := providersim.StartOn(listener, shape)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return connect(t, useEntry(name, sim.Parameters(), "")), sim
}

// describe makes a connection from a description; its parameters are base_url
// and key.
func describe(t *testing.T, description, baseURL string) *Connection {
	t.Helper()
	file := write(t, "description.yaml", description)
	return connect(t, fmt.Sprintf("connections:\n  - name: test\n    describe: %s\n    parameters: {base_url: %q, key: {env: SECRET}}\n", file, baseURL))
}

// roundTrip is a transport without a network, for tests in a synctest bubble.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wantOutcome compares Wait and Until only where want has them.
func wantOutcome(t *testing.T, got, want erasure.Outcome) {
	t.Helper()
	if got.Kind != want.Kind || got.Reason != want.Reason || got.Status != want.Status || got.After != want.After || got.Verified != want.Verified ||
		(want.Wait != 0 && got.Wait != want.Wait) || (!want.Until.IsZero() && !got.Until.Equal(want.Until)) {
		t.Errorf("got %s %q, status %d, after %v, wait %v, until %v, verified %v; want %s %q, status %d, after %v, wait %v, until %v, verified %v",
			got.Kind, got.Reason, got.Status, got.After, got.Wait, got.Until, got.Verified,
			want.Kind, want.Reason, want.Status, want.After, want.Wait, want.Until, want.Verified)
	}
}

// describeFuzz is describe for a fuzz target.
func describeFuzz(f *testing.F, text string) *Connection {
	f.Helper()
	d, err := parseDescription("description.yaml", []byte(text))
	if err != nil {
		f.Fatal(err)
	}
	return &Connection{name: "test", description: d, parameters: map[string]value{
		"base_url": {reveal: func() string { return "http://127.0.0.1:1" }},
		"key":      {secret: true, reveal: func() string { return secret }},
	}}
}

func transportOf(t *testing.T, c *Connection) *http.Transport {
	t.Helper()
	transport, ok := c.client.Transport.(*http.Transport)
	if !ok {
		t.Fatalf("transport is a %T", c.client.Transport)
	}
	return transport
}
