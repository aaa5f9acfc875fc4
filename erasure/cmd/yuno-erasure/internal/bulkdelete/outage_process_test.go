package bulkdelete_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// fragile is a service that accepts everything until it breaks in one of many ways.
type fragile struct {
	*testing.T
	address string
	how     string

	mu       sync.Mutex
	server   *http.Server
	breaksAt int // the number of the request; counts from 1
	requests int
	broken   bool
	healed   chan struct{}
	accepted map[string]int
}

// startFragile starts a service that breaks with the given request.
func startFragile(t *testing.T, how string, breaksAt int) *fragile {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fragile{T: t, address: listener.Addr().String(), how: how, breaksAt: breaksAt, healed: make(chan struct{}), accepted: map[string]int{}}
	f.serve(listener)
	t.Cleanup(func() { f.mu.Lock(); defer f.mu.Unlock(); _ = f.server.Close() })
	return f
}

func (f *fragile) serve(listener net.Listener) {
	server := &http.Server{Handler: f}
	f.mu.Lock()
	f.server = server
	f.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
}

func (f *fragile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	if f.requests == f.breaksAt {
		f.broken = true
	}
	broken := f.broken
	if !broken {
		f.accepted[r.URL.Path]++
	}
	f.mu.Unlock()
	if !broken {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	switch f.how {
	case "Refused":
		f.mu.Lock()
		defer f.mu.Unlock()
		_ = f.server.Close() // with all its connections
	case "Reset":
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	case "Hang":
		select {
		case <-f.healed:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case "Redirect":
		http.Redirect(w, r, "https://maintenance.example/", http.StatusFound)
	case "Page":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "<html>Back soon</html>")
	case "Keys":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"code":"INVALID_CREDENTIALS","messages":["x"]}`)
	}
}

func (f *fragile) heal() {
	f.mu.Lock()
	f.broken, f.breaksAt = false, 0
	f.mu.Unlock()
	close(f.healed)
	if f.how != "Refused" {
		return
	}
	await.OK(f, "the port is free", func() error {
		listener, err := net.Listen("tcp", f.address)
		if err == nil {
			f.serve(listener)
		}
		return err
	})
}

// isBroken reports whether the service has broken.
func (f *fragile) isBroken() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

// listFolder returns a new folder with a list of n ids.
func listFolder(t *testing.T, n int) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ids.txt"), []byte(strings.Join(ids(n), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// wantFiles fails the test if a folder contains anything but these files.
func wantFiles(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the folder contains %q, want %q", got, want)
	}
}

// A service that breaks, in whatever way and wherever in the list, costs nobody anything
// once it is back.
func TestBrokenService(t *testing.T) {
	t.Parallel()
	const n = 200
	for _, how := range []string{"Refused", "Reset", "Redirect", "Page", "Keys"} {
		for where, breaksAt := range map[string]int{"Begin": 1, "Middle": 100, "End": n - 5} {
			if where == "Begin" && (how == "Keys" || how == "Page") {
				continue // the run stops, as in TestWrongKeysStopEarly, or has no rate to come back to yet
			}
			t.Run(how+where, func(t *testing.T) {
				t.Parallel()
				f := startFragile(t, how, breaksAt)
				folder := listFolder(t, n)
				keys := keysFor(sandbox.New(t).Credentials(), "http://"+f.address+"/v1")
				p := testbinary.Start(t, clitest.Process(t, folder, keys, "delete", "--file", "ids.txt", "--yes", "--report", "report.csv"))
				p.WaitFor(t, "Waiting: ")
				f.heal()
				if code := p.Wait(t); code != command.ExitOK || !strings.Contains(p.Output.String(), "200 accepted") || !strings.Contains(p.Output.String(), "Going on after") {
					t.Errorf("exit status %d\n%s", code, p.Output)
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				if len(f.accepted) != n {
					t.Errorf("%d were accepted", len(f.accepted))
				}
				wantFiles(t, folder, "ids.txt", "ids.txt.journal", "report.csv")
			})
		}
	}
}

// A service that stays away stops the run in order, and the command that it prints
// continues.
func TestServiceThatStaysAway(t *testing.T) {
	t.Parallel()
	for _, patience := range []string{"0", "2s"} {
		t.Run(patience, func(t *testing.T) {
			t.Parallel()
			f := startFragile(t, "Refused", 50)
			folder := listFolder(t, 200)
			keys := keysFor(sandbox.New(t).Credentials(), "http://"+f.address+"/v1")
			code, _, stderr := clitest.RunProcess(t, folder, keys, "delete", "--file", "ids.txt", "--yes", "--report", "report.csv", "--give-up-after", patience)
			_, again, ok := strings.Cut(stderr, "ontinue later with: yuno-erasure ")
			if code != exitFailed || !ok || strings.Contains(stderr, "Waiting: ") != (patience != "0") {
				t.Fatalf("exit status %d\n%s", code, stderr)
			}
			wantFiles(t, folder, "ids.txt", "ids.txt.journal", "report.csv")
			f.heal()
			code, stdout, stderr := clitest.RunProcess(t, folder, keys, strings.Fields(again)...)
			// What was in flight when the service broke may have been sent.
			if code != command.ExitOK || !strings.Contains(stdout, "200 accepted") {
				t.Errorf("resumed: exit status %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

// A request whose response never comes leaves no doubt about anybody else.
func TestServiceThatHangs(t *testing.T) {
	t.Parallel()
	f := startFragile(t, "Hang", 50)
	folder := listFolder(t, 200)
	keys := keysFor(sandbox.New(t).Credentials(), "http://"+f.address+"/v1")
	p := testbinary.Start(t, clitest.Process(t, folder, keys, "delete", "--file", "ids.txt", "--yes"))
	await.OK(t, "the service hangs", func() error {
		if err := p.Running(); err != nil {
			return err
		}
		if !f.isBroken() {
			return errors.New("not yet")
		}
		return nil
	})
	f.heal()
	if code := p.Wait(t); code != command.ExitOK || !strings.Contains(p.Output.String(), "200 accepted") {
		t.Errorf("exit status %d\n%s", code, p.Output)
	}
}

// What fails before anything is sent has not erased anybody.
func TestFailuresBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(refusing.Close)
	breaking, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = breaking.Close() })
	go func() {
		for {
			conn, err := breaking.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 100)) // of the ClientHello
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}()
	creds := sandbox.New(t).Credentials()
	for _, c := range []struct{ name, code, baseURL, proxy string }{
		{"Proxy", "proxy_failed", "https://yuno.example/v1", refusing.URL},
		{"TLS", "tls_failed", "https://" + breaking.Addr().String() + "/v1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := listFolder(t, 60)
			env := append(keysFor(creds, c.baseURL), "HTTPS_PROXY="+c.proxy)
			code, stdout, stderr := clitest.RunProcess(t, folder, env, "delete", "--file", "ids.txt", "--yes")
			if code != exitFailed || !strings.Contains(stdout, "0 accepted, 0 not found, 0 maybe deleted, 0 invalid, 2") ||
				!strings.Contains(stdout, " not sent\n") || !strings.Contains(stderr, "20 ids in a row had the same outcome: failed, "+c.code) {
				t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}
