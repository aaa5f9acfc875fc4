package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

// step is a response of an in-memory network. A real socket cannot be used: time in a
// synctest bubble does not pass while a goroutine waits for one.
type step struct {
	status     int // 0: err
	err        error
	retryAfter string
	takes      time.Duration
}

// scriptedClient returns a client of a network that plays steps, and repeats the last.
func scriptedClient(t *testing.T, steps []step, opts ...client.Option) *client.Client {
	t.Helper()
	next := 0
	network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		s := steps[min(next, len(steps)-1)]
		next++
		select {
		case <-time.After(s.takes):
		case <-req.Context().Done():
			return nil, context.Cause(req.Context())
		}
		if s.status == 0 {
			return nil, s.err
		}
		header := http.Header{}
		if s.retryAfter != "" {
			header.Set("Retry-After", s.retryAfter)
		}
		return &http.Response{StatusCode: s.status, Header: header, Body: io.NopCloser(strings.NewReader("")), ContentLength: -1}, nil
	})
	return newClient(t, client.BaseURLSandbox, append(opts, client.WithHTTPClient(&http.Client{Transport: network}))...)
}

func TestRetryTiming(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		steps    []step
		opts     []client.Option
		deadline time.Duration // of the context; 0: none
		want     error         // nil: accepted
		attempts int
		min, max time.Duration
	}{
		{name: "BackoffWithinBounds", steps: []step{{status: 503}}, want: client.ErrServer, attempts: 3, max: 1500 * time.Millisecond},
		{name: "RetryAfterSeconds", steps: []step{{status: 429, retryAfter: "3"}, {status: 202}}, attempts: 2, min: 3 * time.Second, max: 3 * time.Second},
		{name: "RetryAfterDate", steps: []step{{status: 503, retryAfter: "Sat, 01 Jan 2000 00:00:05 GMT"}, {status: 202}}, attempts: 2, min: 5 * time.Second, max: 5 * time.Second},
		{name: "RetryAfterAboveCap", steps: []step{{status: 429, retryAfter: "9"}}, want: client.ErrRateLimited, attempts: 1},
		{name: "RetryAfterOverflow", steps: []step{{status: 503, retryAfter: strings.Repeat("9", 300)}}, want: client.ErrServer, attempts: 1},
		{name: "RetryAfterNegative", steps: []step{{status: 503, retryAfter: "-5"}, {status: 202}}, attempts: 2, max: 500 * time.Millisecond},
		{name: "RetryAfterBeforeDeadline", steps: []step{{status: 503, retryAfter: "3"}, {status: 202}}, deadline: 4 * time.Second, attempts: 2, min: 3 * time.Second, max: 3 * time.Second},
		{name: "RetryAfterPastDeadline", steps: []step{{status: 503, retryAfter: "3"}}, deadline: 2 * time.Second, want: client.ErrServer, attempts: 1},
		{name: "OwnCap", steps: []step{{status: 429, retryAfter: "9"}, {status: 202}}, opts: []client.Option{client.WithRetry(1, 10*time.Second)}, attempts: 2, min: 9 * time.Second, max: 9 * time.Second},
		{name: "DefaultAttemptTimeout", steps: []step{{status: 202, takes: time.Hour}, {status: 202, takes: 29 * time.Second}}, attempts: 2, min: 59 * time.Second, max: 59500 * time.Millisecond},
		{name: "TimeoutOfHTTPClientIsShorter", steps: []step{{status: 202, takes: time.Hour}}, opts: []client.Option{client.WithRetry(0, 0), client.WithAttemptTimeout(time.Second)}, want: context.DeadlineExceeded, attempts: 1, min: time.Second, max: time.Second},
		{name: "ResetThenAccepted", steps: []step{{err: io.ErrUnexpectedEOF}, {err: io.EOF}, {status: 202}}, attempts: 3, max: 1500 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tc.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.deadline)
					defer cancel()
				}
				c := scriptedClient(t, tc.steps, tc.opts...)
				var resp client.Response
				start := time.Now()
				err := c.DeleteCustomer(ctx, customerID, client.WithResponse(&resp))
				if took := time.Since(start); took < tc.min || took > tc.max {
					t.Errorf("took %v, want %v to %v", took, tc.min, tc.max)
				}
				if !errors.Is(err, tc.want) || resp.Attempts != tc.attempts {
					t.Errorf("got %v after %d attempts, want %v after %d", err, resp.Attempts, tc.want, tc.attempts)
				}
			})
		})
	}
}

func TestRetryAfterIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"9": 9 * time.Second, "3600": time.Hour, "Sat, 01 Jan 2000 01:00:00 GMT": time.Hour, strings.Repeat("9", 300): 1<<63 - 1,
		} {
			e := asError(t, scriptedClient(t, []step{{status: 503, retryAfter: value}}).DeleteCustomer(t.Context(), customerID))
			if e.RetryAfter != want || e.StatusCode != 503 || e.Attempts != 1 {
				t.Errorf("%s: got RetryAfter %v, status %d, %d attempts; want %v at once", value, e.RetryAfter, e.StatusCode, e.Attempts, want)
			}
		}
	})
}

// The last response says more than the context's error, so the call's error contains
// both.
func TestContextEndsBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		start := time.Now()
		err := scriptedClient(t, []step{{status: 503, retryAfter: "7"}}).DeleteCustomer(ctx, customerID)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
		e := asError(t, err)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, client.ErrServer) || e.StatusCode != 503 || e.RetryAfter != 7*time.Second {
			t.Errorf("got %v with RetryAfter %v, want the 503 and the cancellation", err, e.RetryAfter)
		}
	})
}

func TestContextEndsBackoffAfterLostResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var log bytes.Buffer
		c := scriptedClient(t, []step{{err: io.ErrUnexpectedEOF}}, client.WithRetry(1000, time.Hour), client.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		time.AfterFunc(time.Minute, cancel) // the budget lasts longer than a minute
		err := c.DeleteCustomer(ctx, customerID)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, io.ErrUnexpectedEOF) || !asError(t, err).MayHaveApplied {
			t.Errorf("got %v, want the lost response and the cancellation", err)
		}
		if log.Len() == 0 {
			t.Error("no retry was logged")
		}
	})
}

func TestContextEndsAttemptAfterResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := scriptedClient(t, []step{{status: 503}, {status: 202, takes: time.Minute}}).DeleteCustomer(ctx, customerID)
		if e := asError(t, err); !errors.Is(err, context.DeadlineExceeded) || e.StatusCode != 0 || e.Attempts != 2 || !e.MayHaveApplied {
			t.Errorf("got %v: status %d, %d attempts, MayHaveApplied %v", err, e.StatusCode, e.Attempts, e.MayHaveApplied)
		}
	})
}

func TestTimeoutOfHTTPClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		never := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		for _, tc := range []struct{ ofClient, ofAttempt, want time.Duration }{
			{time.Second, time.Minute, time.Second},
			{time.Minute, time.Second, time.Second},
			{0, time.Second, time.Second},
		} {
			c := newClient(t, client.BaseURLSandbox, client.WithRetry(0, 0), client.WithAttemptTimeout(tc.ofAttempt),
				client.WithHTTPClient(&http.Client{Transport: never, Timeout: tc.ofClient}))
			start := time.Now()
			err := c.DeleteCustomer(t.Context(), customerID)
			if took := time.Since(start); took != tc.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v after %v, want a timeout after %v", err, took, tc.want)
			}
		}
	})
}

// In an outage, a client must not triple its traffic.
func TestRetryBudgetIsSharedByCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const calls = 1000
		status := http.StatusServiceUnavailable
		network := roundTripFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: http.NoBody}, nil
		})
		c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}))
		outage := func() (attempts int) {
			status = http.StatusServiceUnavailable
			for range calls {
				attempts += asError(t, c.DeleteCustomer(t.Context(), customerID)).Attempts
			}
			return attempts
		}
		// 50 retries at once, and one for each second that they took.
		if got := outage(); got < calls+40 || got > calls+100 {
			t.Errorf("got %d attempts for %d calls, want about 50 retries", got, calls)
		}
		if got := outage(); got != calls {
			t.Errorf("got %d attempts for %d more calls, want no retries", got, calls)
		}
		status = http.StatusAccepted
		for range 10 * calls { // takes no time in the bubble
			if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
				t.Fatal(err)
			}
		}
		if got := outage(); got < calls+40 {
			t.Errorf("got %d attempts for %d calls after many successes, want retries again", got, calls)
		}
		time.Sleep(100 * time.Second)
		if got := asError(t, c.DeleteCustomer(t.Context(), customerID)).Attempts; got != 3 {
			t.Errorf("got %d attempts after a pause, want 3 again", got)
		}
	})
}

// A response that arrives as the context ends is kept, and not retried.
func TestContextEndsWithResponse(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	network := roundTripFunc(func(*http.Request) (*http.Response, error) {
		cancel()
		return &http.Response{StatusCode: 503, Body: http.NoBody}, nil
	})
	c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}),
		client.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	err := c.DeleteCustomer(ctx, customerID)
	if e := asError(t, err); !errors.Is(err, client.ErrServer) || !errors.Is(err, context.Canceled) || e.Attempts != 1 {
		t.Errorf("got %v after %d attempts, want the 503 and the cancellation", err, e.Attempts)
	}
	if log.Len() != 0 {
		t.Errorf("logged %q, want no retry", log.String())
	}
}

// silentBody is a body that never arrives: reading it ends with the context.
type silentBody struct{ ctx context.Context }

func (b silentBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (silentBody) Close() error { return nil }

// A call whose erasure is accepted does not wait for the body.
func TestAcceptedBodyThatStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			status  int
			timeout time.Duration
			want    error // nil: accepted
			took    time.Duration
		}{
			{202, time.Minute, nil, time.Second},
			{204, time.Minute, nil, time.Second},
			{202, 100 * time.Millisecond, nil, 100 * time.Millisecond},
			{400, time.Minute, context.DeadlineExceeded, time.Minute},
		} {
			network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: tc.status, Body: silentBody{req.Context()}}, nil
			})
			var log bytes.Buffer
			c := newClient(t, client.BaseURLSandbox, client.WithRetry(0, 0), client.WithAttemptTimeout(tc.timeout),
				client.WithHTTPClient(&http.Client{Transport: network}),
				client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
			var resp client.Response
			start := time.Now()
			err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp))
			if took := time.Since(start); took != tc.took || !errors.Is(err, tc.want) || resp.StatusCode != tc.status || resp.Body != nil {
				t.Errorf("%d: got %v with status %d after %v, want %v after %v", tc.status, err, resp.StatusCode, took, tc.want, tc.took)
			}
			if tc.want == nil && !strings.Contains(log.String(), "body incomplete") {
				t.Errorf("%d: logged %s", tc.status, log.String())
			}
		}
	})
}
