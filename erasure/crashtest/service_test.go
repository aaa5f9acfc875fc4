package crashtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// Times of the service under test. Production has 40 s and 6 h: nobody would
// wait for its queue to find out that a process is gone.
const (
	attemptTimeout = 1200 * time.Millisecond
	maxBackoff     = 300 * time.Millisecond
	// lostAfter is when the queue takes a job for lost; see jobs.Config.
	lostAfter = 2 * (attemptTimeout + 5*time.Second)
)

// service is a running `serve`.
type service struct {
	cmd   *exec.Cmd
	log   *lines
	ended chan struct{} // closed once the process is gone
}

// start starts the service, and does not wait until it is ready. It is killed
// when the test ends.
func (s *system) start(args ...string) *service {
	s.t.Helper()
	args = append([]string{
		"serve", "--listen=127.0.0.1:0", "--ops-listen=127.0.0.1:0", "--log-level=debug", "--providers=" + s.providersFile,
		"--attempt-timeout=" + attemptTimeout.String(), "--max-backoff=" + maxBackoff.String(),
	}, args...)
	v := &service{cmd: exec.Command(testbinary.Path(s.t), args...), log: &lines{}, ended: make(chan struct{})}
	v.cmd.Env, v.cmd.Dir = s.environment(), s.folder
	v.cmd.Stdout, v.cmd.Stderr = v.log, v.log
	if err := v.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(v.ended)
		_ = v.cmd.Wait() // how it ended is in ProcessState
	}()
	s.t.Cleanup(v.kill)
	s.services = append(s.services, v)
	s.current.Store(v)
	return v
}

// kill ends the process as a crash would.
func (v *service) kill() {
	_ = v.cmd.Process.Kill() // gone already is as good
	<-v.ended
}

// stop ends the process as an operator does, and waits until it is gone.
func (s *system) stop(v *service) {
	s.t.Helper()
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	select {
	case <-v.ended:
	case <-time.After(time.Minute):
		s.t.Fatal("the service did not stop")
	}
	if code := v.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the service stopped with status %d:\n%s", code, v.log.tail())
	}
}

var errEnded = errors.New("the service has ended")

var (
	apiAddress = regexp.MustCompile(`(?:msg=serving address=|"msg":"serving","address":")([^\s"]+)`)
	opsAddress = regexp.MustCompile(`(?:msg=operations address=|"msg":"operations","address":")([^\s"]+)`)
)

// address waits until the service has logged an address.
func (v *service) address(ctx context.Context, where *regexp.Regexp) (string, error) {
	for {
		select {
		case <-v.ended: // its port may be somebody else's by now
			return "", errEnded
		default:
		}
		if found := where.FindSubmatch(v.log.bytes()); found != nil {
			return string(found[1]), nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ready waits until the API is served.
func (s *system) ready(v *service) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if _, err := v.address(ctx, apiAddress); err != nil {
		s.t.Fatalf("the service is not ready: %v\n%s", err, v.log.tail())
	}
}

// operations asks the operations listener.
func (v *service) operations(ctx context.Context, path string) ([]byte, error) {
	address, err := v.address(ctx, opsAddress)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// metric reads a sample of /metrics; 0 if it is not there.
func (v *service) metric(ctx context.Context, name string) (int, error) {
	text, err := v.operations(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	if !bytes.Contains(text, []byte("yuno_erasure_customers ")) {
		return 0, errors.New("the store was not counted")
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\d+)$`).FindSubmatch(text)
	if found == nil {
		return 0, nil
	}
	return strconv.Atoi(string(found[1]))
}

// waitUntilDone waits until no erasure is in progress.
func (s *system) waitUntilDone(v *service, within time.Duration) {
	s.t.Helper()
	var open int
	s.eventually(within, "every erasure is final", func(ctx context.Context) (err error) {
		open, err = v.metric(ctx, `yuno_erasure_erasures{state="in_progress"}`)
		if err == nil && open > 0 {
			err = fmt.Errorf("%d are in progress", open)
		}
		return err
	})
}

// eventually tries until check returns nil, or the service it asks has ended.
func (s *system) eventually(within time.Duration, what string, check func(context.Context) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		if errors.Is(err, errEnded) {
			s.t.Fatalf("%s: %v\n%s", what, err, s.current.Load().log.tail())
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("not within %v: %s: %v", within, what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// lines keeps what a process writes. It is safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// bytes is what was written so far.
func (l *lines) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text[:len(l.text):len(l.text)]
}

// tail is the end of it, for messages.
func (l *lines) tail() []byte {
	text := l.bytes()
	return text[max(0, len(text)-2000):]
}
