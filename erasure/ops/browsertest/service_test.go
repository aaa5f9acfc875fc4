package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// program builds the command once.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "browsertest-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "yuno-erasure")
	build := exec.Command("go", "build", "-o", path, "./cmd/yuno-erasure")
	build.Dir = filepath.Join("..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, text)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// service is a running service with an operator, on an SQLite database of its own.
type service struct {
	t      *testing.T
	path   string // of the program
	folder string
	stripe *providersim.Sim
	api    string // base URL
	ops    string
	keys   accountKeys
}

type accountKeys struct {
	Account string `json:"account_code"`
	Public  string `json:"public_api_key"`
	Secret  string `json:"private_secret_key"`
}

// startService starts a service with customers, one JSON object each.
func startService(t *testing.T, customers ...string) *service {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	shape, _ := providersim.ShapeOf("stripe")
	sim, err := providersim.Start(shape)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	s := &service{t: t, path: path, folder: t.TempDir(), stripe: sim}
	providers := "connections:\n  - name: old-gateway\n    use: manual\n  - name: stripe\n    use: stripe\n    parameters:\n      api_key: {env: STRIPE_KEY}\n"
	for name, value := range sim.Parameters() {
		providers += fmt.Sprintf("      %s: %q\n", name, value)
	}
	s.write("providers.yaml", providers)
	s.write("customers.jsonl", strings.Join(customers, "\n"))
	if err := json.Unmarshal([]byte(s.run("accounts", "create", "--json")), &s.keys); err != nil {
		t.Fatal(err)
	}
	s.run("customers", "import", "--account", s.keys.Account, "customers.jsonl")
	s.run("operators", "add", "ada")
	s.serve()
	return s
}

func (s *service) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.path, args...)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "STRIPE_KEY=sk_live_simulated")
	return cmd
}

// run runs a subcommand that has to succeed, and returns what it prints.
func (s *service) run(args ...string) string {
	s.t.Helper()
	cmd := s.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%v: %v\n%s", args, err, &stderr)
	}
	return stdout.String()
}

// serve runs serve until the test ends.
func (s *service) serve() {
	s.t.Helper()
	cmd := s.command("serve", "--providers", "providers.yaml", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--log-level", "info")
	log, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(log)
	var logged strings.Builder
	for (s.api == "" || s.ops == "") && lines.Scan() {
		logged.WriteString(lines.Text() + "\n")
		for message, address := range map[string]*string{"msg=serving address=": &s.api, "msg=operations address=": &s.ops} {
			if _, rest, ok := strings.Cut(lines.Text(), message); ok {
				*address = "http://" + strings.Fields(rest)[0]
			}
		}
	}
	if s.api == "" || s.ops == "" {
		s.t.Fatalf("serve does not serve:\n%s", &logged)
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
}

// erase asks for the erasure of customers.
func (s *service) erase(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		r, err := http.NewRequest(http.MethodDelete, s.api+"/v1/customers/"+id, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("x-account-code", s.keys.Account)
		r.Header.Set("public-api-key", s.keys.Public)
		r.Header.Set("private-secret-key", s.keys.Secret)
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusAccepted {
			s.t.Fatalf("the delete of %s: %s", id, response.Status)
		}
	}
}

// await waits until a list of erasures has n.
func (s *service) await(n int, filter ...string) {
	s.t.Helper()
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		var list []struct{}
		if err := json.Unmarshal([]byte(s.run(append([]string{"erasures", "list", "--json"}, filter...)...)), &list); err != nil {
			s.t.Fatal(err)
		}
		if len(list) == n {
			return
		}
		if time.Since(began) > patience {
			s.t.Fatalf("%v: %d erasures, want %d", filter, len(list), n)
		}
	}
}
