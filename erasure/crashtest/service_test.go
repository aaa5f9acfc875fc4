package crashtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// Times of the service under test. In production they are 40 s and 6 h, and a test
// would wait minutes for the queue to notice that a process is gone.
const (
	attemptTimeout = 1200 * time.Millisecond
	maxBackoff     = 300 * time.Millisecond
	// lostAfter is how long the queue waits for a job before it considers the job
	// lost; see jobs.Config.
	lostAfter = 2 * (attemptTimeout + 5*time.Second)
	// shortHeartbeat is for tests in which a process finds out that no other works on a
	// connection. In production that takes a minute, and looking for its targets up to half
	// a minute more.
	shortHeartbeat = "--heartbeat-timeout=4s"
)

// service is a running `serve`.
type service struct{ *testbinary.Process }

// start starts the service, and does not wait until it is ready.
func (s *system) start(args ...string) *service {
	s.t.Helper()
	v := &service{testbinary.Start(s.t, s.serve(args...))}
	s.services = append(s.services, v)
	s.current.Store(v)
	return v
}

// serve returns the command that serves.
func (s *system) serve(args ...string) *exec.Cmd {
	s.t.Helper()
	return s.command(context.Background(), append([]string{
		"serve", "--listen=127.0.0.1:0", "--ops-listen=127.0.0.1:0", "--log-level=debug", "--providers=" + s.providersFile,
		"--attempt-timeout=" + attemptTimeout.String(), "--max-backoff=" + maxBackoff.String(),
		"--keep-references=0", "--heartbeat-timeout=10s", // until others have the slots of one that was killed
	}, args...)...)
}

var (
	apiAddress = regexp.MustCompile(`(?:msg=serving address=|"msg":"serving","address":")([^\s"]+)`)
	opsAddress = regexp.MustCompile(`(?:msg=operations address=|"msg":"operations","address":")([^\s"]+)`)
)

// address waits until the service has logged an address. It fails once the service
// has ended: another process may have the port by then.
func (v *service) address(ctx context.Context, where *regexp.Regexp) (string, error) {
	for {
		if err := v.Running(); err != nil {
			return "", err
		}
		if found := where.FindSubmatch(v.Output.Bytes()); found != nil {
			return string(found[1]), nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ready waits until the service listens for API requests.
func (s *system) ready(v *service) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), await.Patience)
	defer cancel()
	if _, err := v.address(ctx, apiAddress); err != nil {
		s.t.Fatalf("the service is not ready: %v\n%s", err, v.Output.Tail())
	}
}

// operations sends a request to the operations listener.
func (v *service) operations(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, await.Patience)
	defer cancel()
	address, err := v.address(ctx, opsAddress)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// metric reads a sample of /metrics; 0 if it is missing.
func (v *service) metric(ctx context.Context, name string) (int, error) {
	text, err := v.operations(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	if !bytes.Contains(text, []byte("yuno_erasure_customers ")) {
		return 0, errors.New("the metrics do not count the store")
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\d+)$`).FindSubmatch(text)
	if found == nil {
		return 0, nil
	}
	return strconv.Atoi(string(found[1]))
}

// waitUntilDone waits until no erasure is in progress.
func (s *system) waitUntilDone(v *service) {
	s.t.Helper()
	await.OK(s.t, "every erasure is final", func() error {
		open, err := v.metric(s.t.Context(), `yuno_erasure_erasures{state="in_progress"}`)
		if err == nil && open > 0 {
			err = fmt.Errorf("erasures in progress: %w", await.Remaining(open))
		}
		return err
	})
}
