package crashtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// floods are what the service is measured under.
var floods = []struct {
	name, kind  string
	connections int
	files       int // ulimit -n of the service
}{
	{"metrics/64", "metrics", 64, 0},
	{"metrics/200", "metrics", 200, 0},
	{"wrong-key/1000", "wrong", 1000, 0},
	{"wrong-key/6000", "wrong", 6000, 0},
	{"wrong-keys/1000", "different", 1000, 0},
	{"idle/200-of-128-files", "idle", 200, 128},
	{"two-lengths/64", "lengths", 64, 0},
	{"aborted/64", "abort", 64, 0},
}

// TestFloods measures how long a delete with valid keys takes, on a connection of its own,
// alone and under each flood. It is for make flood, which prints the figures; they depend
// on the machine, so they fail nothing: "failed" counts deletes, and "unready" requests to
// readyz without a response in time.
//
// The flood comes from a process with the lowest priority, but takes processor time all
// the same. The control shows how much: there, the same flood of wrong keys goes to a bare
// server of net/http that responds to everything with 401.
//
// FLOOD_BASELINE is the path of an earlier program to compare with; FLOOD_CUSTOMERS is how
// many there are, 400000 by default.
func TestFloods(t *testing.T) {
	if os.Getenv("FLOOD") != "long" {
		t.Skip("takes several minutes: make flood")
	}
	programs := []string{testbinary.Path(t)}
	if baseline := os.Getenv("FLOOD_BASELINE"); baseline != "" {
		programs = []string{baseline, programs[0]}
	}
	database := ""
	for _, program := range programs {
		s := newFlooded(t, program, database)
		database = s.database
		t.Logf("%s\n%24s %14s %10s %12s %12s %8s %8s", program, "", "p50", "p99", "p50 / alone", "p99 / alone", "failed", "unready")
		for _, f := range floods {
			s.measure(f.name, f.kind, f.connections, f.files)
		}
		s.control("control/1000", 1000)
		s.control("control/6000", 6000)
	}
}

// flooded is a service under floods, on an SQLite database.
type flooded struct {
	t        *testing.T
	program  string
	folder   string
	database string
	keys     client.Credentials
	next     int // customer
}

// A measurement ends after so many deletes, or when it has taken so long.
const (
	deletesPerMeasurement = 100
	measurementTime       = 15 * time.Second
)

// newFlooded imports customers, or copies the database of another program.
func newFlooded(t *testing.T, program, from string) *flooded {
	t.Helper()
	s := &flooded{t: t, program: program, folder: t.TempDir()}
	s.database = filepath.Join(s.folder, "erasure.db")
	if from != "" {
		for _, suffix := range []string{"", ".key", "-wal"} {
			content, err := os.ReadFile(from + suffix)
			if err != nil {
				continue // no -wal
			}
			if err := os.WriteFile(s.database+suffix, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.run("migrate")
	var printed struct {
		AccountCode      string `json:"account_code"`
		PublicAPIKey     string `json:"public_api_key"`
		PrivateSecretKey string `json:"private_secret_key"`
	}
	if err := json.Unmarshal([]byte(s.run("accounts", "create", "--json")), &printed); err != nil {
		t.Fatal(err)
	}
	s.keys = client.Credentials{AccountCode: printed.AccountCode, PublicAPIKey: printed.PublicAPIKey, PrivateSecretKey: printed.PrivateSecretKey}
	count := 400_000
	if n, err := strconv.Atoi(os.Getenv("FLOOD_CUSTOMERS")); err == nil {
		count = n
	}
	if from != "" {
		count = 3 * deletesPerMeasurement * (len(floods) + 2)
	}
	var lines strings.Builder
	for i := range count {
		fmt.Fprintf(&lines, "{\"id\": \"c%d\", \"email\": \"somebody@example.com\"}\n", i)
	}
	file := filepath.Join(s.folder, "customers.jsonl")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("customers", "import", "--account", s.keys.AccountCode, file)
	return s
}

func (s *flooded) run(args ...string) string {
	s.t.Helper()
	output, err := exec.CommandContext(s.t.Context(), s.program, append(args, "--database", "file:"+s.database)...).Output()
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return string(output)
}

// serve starts the service, with a limit of open files if that is not 0.
func (s *flooded) serve(files int) (v *service, api, ops string) {
	s.t.Helper()
	line := `exec "$0" serve --listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 --database "$1"`
	if files > 0 {
		line = fmt.Sprintf("ulimit -n %d; ", files) + line
	}
	v = &service{testbinary.Start(s.t, exec.Command("sh", "-c", line, s.program, "file:"+s.database))}
	api, err := v.address(s.t.Context(), apiAddress)
	if err == nil {
		ops, err = v.address(s.t.Context(), opsAddress)
	}
	if err != nil {
		s.t.Fatalf("%v\n%s", err, v.Output.Tail())
	}
	return v, api, ops
}

// measure prints the times of deletes during a flood, and their ratio to those before it.
func (s *flooded) measure(name, kind string, connections, files int) {
	s.t.Helper()
	v, api, ops := s.serve(files)
	defer v.Kill()
	target := api
	if kind == "metrics" {
		target = ops
	}
	s.compare(name, api, ops, func() *service { return startFlood(s.t, kind, target, connections) })
}

// control measures deletes while the flood of wrong keys goes elsewhere.
func (s *flooded) control(name string, connections int) {
	s.t.Helper()
	v, api, ops := s.serve(0)
	defer v.Kill()
	bare := startChild(s.t, "bare", "", 0)
	defer bare.Kill()
	address, err := bare.address(s.t.Context(), apiAddress)
	if err != nil {
		s.t.Fatal(err)
	}
	s.compare(name, api, ops, func() *service { return startFlood(s.t, "wrong", address, connections) })
}

func (s *flooded) compare(name, api, ops string, start func() *service) {
	s.t.Helper()
	s.deletes(api) // warms up what a first request pays for
	alone50, alone99, _ := s.deletes(api)
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	flood := start()
	defer flood.Kill()
	notReadies := make(chan int)
	go func() { notReadies <- notReady(ctx, ops) }()
	p50, p99, failed := s.deletes(api)
	stop()
	s.t.Logf("%-24s %10s %10s %12.1f %12.1f %8d %8d", name, p50.Round(10*time.Microsecond), p99.Round(10*time.Microsecond),
		float64(p50)/float64(alone50), float64(p99)/float64(alone99), failed, <-notReadies)
}

// deletes erases customers one after the other returns two quantiles of the times and how
// many failed.
func (s *flooded) deletes(api string) (p50, p99 time.Duration, failed int) {
	s.t.Helper()
	over := &http.Transport{DisableKeepAlives: true}
	yuno, err := client.New(s.keys, client.WithBaseURL("http://"+api+"/v1"), client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: over}))
	if err != nil {
		s.t.Fatal(err)
	}
	var times []time.Duration
	for begun := time.Now(); len(times) < deletesPerMeasurement && time.Since(begun) < measurementTime; s.next++ {
		start := time.Now()
		if err := yuno.DeleteCustomer(s.t.Context(), fmt.Sprintf("c%d", s.next)); err != nil {
			failed++
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)*99/100], failed
}

// notReady counts the requests to readyz that do not succeed within two seconds.
func notReady(ctx context.Context, ops string) (failed int) {
	hc := &http.Client{Transport: &http.Transport{}}
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		r, err := http.NewRequestWithContext(try, http.MethodGet, "http://"+ops+"/readyz", nil)
		if err == nil {
			var response *http.Response
			if response, err = hc.Do(r); err == nil {
				if _ = response.Body.Close(); response.StatusCode != http.StatusOK {
					failed++
				}
			}
		}
		if err != nil && ctx.Err() == nil {
			failed++
		}
		cancel()
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return failed
}
