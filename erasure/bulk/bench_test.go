package bulk

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

// serverEnv makes this test binary a bare server. It is a process of its own, so that
// its cost is not measured as the cost of a run.
const serverEnv = "YUNO_ERASURE_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		serveBare()
		return
	}
	os.Exit(m.Run())
}

// serveBare accepts everything until standard input ends, which it does when the
// benchmark has ended.
func serveBare() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + listener.Addr().String() + "/v1")
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
}

// bareServer starts a bare server and returns its base URL.
func bareServer(b testing.TB) string {
	b.Helper()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	var url string
	if _, err := fmt.Fscanln(stdout, &url); err != nil {
		b.Fatal(err)
	}
	return url
}

const benchConcurrency = 8

var benchKeys = client.Credentials{
	AccountCode: "493e9374-510a-4201-9e09-de669d75f256", PublicAPIKey: "sandbox_0123456789", PrivateSecretKey: "sandbox_9876543210",
}

// BenchmarkRun measures a run with its journal against a bare server, and the layers
// below it for comparison: the client without a run, and net/http without the client.
func BenchmarkRun(b *testing.B) {
	base := bareServer(b)
	b.Run("nethttp", func(b *testing.B) { benchNetHTTP(b, base) })
	b.Run("client", func(b *testing.B) {
		yuno := benchClient(b, base)
		benchLoop(b, func(ctx context.Context, id string) error { return yuno.DeleteCustomer(ctx, id) })
	})
	b.Run("run", func(b *testing.B) { benchRun(b, base, nil) })
}

// BenchmarkRunOnASlowDisk compares runs whose journal is on disks that take long to sync.
// Use -benchtime 50000x: what it takes to fill the window is the same however long a run is.
func BenchmarkRunOnASlowDisk(b *testing.B) {
	base := bareServer(b)
	for _, d := range []time.Duration{0, 50 * time.Millisecond, time.Second} {
		b.Run(d.String(), func(b *testing.B) { benchRun(b, base, &disk{syncTime: d}) })
	}
}

func benchNetHTTP(b *testing.B, base string) {
	transport := &http.Transport{MaxIdleConnsPerHost: benchConcurrency}
	defer transport.CloseIdleConnections()
	benchLoop(b, func(ctx context.Context, id string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodDelete, base+"/customers/"+id, nil)
		if err != nil {
			return err
		}
		response, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return err
	})
}

// benchLoop erases b.N ids with as many workers as a run.
func benchLoop(b *testing.B, erase func(ctx context.Context, id string) error) {
	var sent atomic.Int64
	var workers sync.WaitGroup
	b.ResetTimer()
	for range benchConcurrency {
		workers.Go(func() {
			for n := sent.Add(1); n <= int64(b.N); n = sent.Add(1) {
				if err := erase(b.Context(), benchID(int(n))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ids/s")
}

func benchID(n int) string { return fmt.Sprintf("0b1f7e0c-95f0-4a35-8f0d-%012d", n) }

func benchClient(b *testing.B, base string) *client.Client {
	b.Helper()
	yuno, err := client.New(benchKeys, client.WithBaseURL(base))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(yuno.CloseIdleConnections)
	return yuno
}

// benchRun measures a run with its journal on a disk, nil for the real one.
func benchRun(b *testing.B, base string, d *disk) {
	yuno := benchClient(b, base)
	var text strings.Builder
	for n := range b.N {
		text.WriteString(benchID(n) + "\n")
	}
	b.ResetTimer()
	list, err := Scan(b.Context(), textSource(text.String()), Format{})
	if err != nil {
		b.Fatal(err)
	}
	job, err := Prepare(b.Context(), list, optionsFor(filepath.Join(b.TempDir(), "journal"), false))
	if err != nil {
		b.Fatal(err)
	}
	if d != nil {
		d.holds(job)
	}
	erase := func(ctx context.Context, id string) Result {
		var response client.Response
		err := yuno.DeleteCustomer(ctx, id, client.WithResponse(&response))
		if err != nil {
			return Result{Outcome: Failed}
		}
		return Result{Outcome: Accepted, Status: response.StatusCode, Attempts: response.Attempts}
	}
	err = job.Run(b.Context(), erase, RunOptions{Concurrency: benchConcurrency, Wait: NewPace(0).Wait})
	if summary := job.Summary(); err != nil || summary.Accepted != b.N {
		b.Fatalf("%+v, %v", summary, err)
	}
	if err := job.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ids/s")
}
