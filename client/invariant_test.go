package client_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

// brokenBody fails after some bytes.
type brokenBody struct {
	io.Reader
	err error
}

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func (brokenBody) Close() error { return nil }

// The main guarantee of this package: nil means accepted. Whatever goes wrong, in
// whatever order, DeleteCustomer returns nil if and only if the response to the last
// attempt was 202 or 204.
func TestNilMeansAccepted(t *testing.T) {
	t.Parallel()
	// Each run takes other sequences. A mistake in the rules shows within some hundred.
	const sequences = 4_000
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))

	errs := []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, errors.New("other"), &net.OpError{Op: "dial", Err: errors.New("refused")}, &net.DNSError{}, context.DeadlineExceeded, context.Canceled}
	bodies := []string{"", notFoundBody, `{"error":{"code":"CUSTOMER_NOT_FOUND"}}`, "<html>accepted</html>", `{"code":202}`, "null", strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10+1)}
	delays := []string{"", "", "1", "99999999999999999999", "-1", "Sat, 01 Jan 2000 00:00:03 GMT"}

	synctest.Test(t, func(t *testing.T) {
		var accepted bool // the response to the last attempt was 202 or 204
		var attempts int
		network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			attempts++
			accepted = false
			select {
			case <-time.After(time.Duration(r.IntN(40)) * time.Second): // some beyond the attempt timeout
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
			if r.IntN(3) == 0 {
				return nil, errs[r.IntN(len(errs))]
			}
			status := []int{100 + r.IntN(500), 202, 204, 400, 500, 503}[r.IntN(6)]
			text := bodies[r.IntN(len(bodies))]
			resp := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {delays[r.IntN(len(delays))]}}, ContentLength: -1}
			resp.Body = io.NopCloser(strings.NewReader(text))
			if r.IntN(4) == 0 {
				resp.Body = brokenBody{strings.NewReader(text), errs[r.IntN(len(errs))]}
			}
			accepted = (status == 202 || status == 204) && len(text) <= 64<<10
			return resp, nil
		})
		var outcomes [2]int
		for i := range sequences {
			c := newClient(t, client.BaseURLSandbox, client.WithRetry(r.IntN(5), 8*time.Second), client.WithHTTPClient(&http.Client{Transport: network}))
			ctx, cancel := context.WithCancel(t.Context())
			if r.IntN(3) == 0 {
				ctx, cancel = context.WithTimeout(t.Context(), time.Duration(r.IntN(60))*time.Second)
			}
			accepted, attempts = false, 0
			var resp client.Response
			err := c.DeleteCustomer(ctx, customerID, client.WithResponse(&resp))
			cancel()
			if (err == nil) != accepted {
				t.Fatalf("seed %d, sequence %d: got %v, but the last attempt was accepted: %v", seed, i, err, accepted)
			}
			if resp.Attempts != attempts {
				t.Fatalf("seed %d, sequence %d: got %d attempts, want %d", seed, i, resp.Attempts, attempts)
			}
			if err == nil {
				outcomes[0]++
				continue
			}
			outcomes[1]++
			if e := asError(t, err); e.Error() == "" || e.RetryAfter < 0 {
				t.Fatalf("seed %d, sequence %d: got %q, RetryAfter %v", seed, i, e, e.RetryAfter)
			}
		}
		if outcomes[0] < sequences/20 || outcomes[1] < sequences/20 {
			t.Errorf("got %v accepted and failed calls, too one-sided to prove anything", outcomes)
		}
	})
}

// Not parallel: it counts the goroutines of the whole process.
func TestNoLeaks(t *testing.T) {
	const calls, callers = 10_000, 16
	steps := []http.HandlerFunc{
		accept, notFound, respond(503, ""), lose, breakOff(202), breakOff(400), flood(202), flood(500),
		respond(302, "", "Location", "/x"), respond(204, ""), stall(400), hang, respond(429, "", "Retry-After", "60"),
	}
	var open atomic.Int64
	var turn atomic.Uint64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := turn.Add(1)
		if n%uint64(len(steps)) >= 10 && n%1300 >= uint64(len(steps)) { // the steps that wait are used a hundredth as often
			n = 0
		}
		steps[n%uint64(len(steps))](w, r)
	}))
	server.Config.ErrorLog = discardLog
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	before := runtime.NumGoroutine()
	server.Start()

	c, err := client.New(creds, client.WithBaseURL(server.URL), fastRetries(), client.WithAttemptTimeout(20*time.Millisecond), client.WithMaxInFlight(callers/2))
	if err != nil {
		t.Fatal(err)
	}
	var left atomic.Int64
	left.Store(calls)
	var failed atomic.Int64
	var workers sync.WaitGroup
	for range callers {
		workers.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				ctx, cancel := context.WithCancel(context.Background())
				if n%50 == 0 {
					time.AfterFunc(time.Millisecond, cancel)
				}
				if c.DeleteCustomer(ctx, customerID) != nil {
					failed.Add(1)
				}
				cancel()
			}
		})
	}
	workers.Wait()
	if failed.Load() < calls/10 {
		t.Errorf("only %d calls failed, too few to prove anything", failed.Load())
	}
	c.CloseIdleConnections()
	eventually(t, "connections", func() int64 { return open.Load() }, 0)
	server.Close()
	eventually(t, "goroutines", func() int64 { return int64(runtime.NumGoroutine()) }, int64(before))
}

// patience is how long a test waits while nothing changes. It does not limit how
// long anything takes on a slow machine.
const patience = 5 * time.Minute

// eventually waits until count is at most limit: nothing tells the client when a
// connection or a goroutine has ended.
func eventually(t *testing.T, what string, count func() int64, limit int64) {
	t.Helper()
	left, since := count(), time.Now()
	for left > limit {
		<-time.After(5 * time.Millisecond)
		if now := count(); now != left {
			left, since = now, time.Now()
		}
		if time.Since(since) > patience {
			t.Fatalf("%d %s are left, want %d", left, what, limit)
		}
	}
}
