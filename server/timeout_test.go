package server_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// obeying returns an error as soon as its context is done.
func obeying(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// sleeping sleeps for d without regard to its context, and accepts the request if the
// context is not done by then.
func sleeping(d time.Duration) implFunc {
	return func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		time.Sleep(d)
		return api.DeleteCustomer202Response{}, ctx.Err()
	}
}

func TestTimeoutWhenImplementationObeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h := mount(t, obeying, log.option())
		start := time.Now()
		do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		if took := time.Since(start); took != 60*time.Second {
			t.Errorf("the response took %v, want 1m0s", took)
		}
		synctest.Wait()
		if strings.Contains(log.String(), "finished after") {
			t.Errorf("an implementation that gave up in time is logged as late: %s", log.String())
		}
	})
}

func TestTimeoutWhenImplementationIgnoresContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h := mount(t, func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			time.Sleep(time.Hour)
			return api.DeleteCustomer202Response{}, nil
		}, server.WithTimeout(3*time.Second), log.option())
		start := time.Now()
		got := do(h, request(http.MethodDelete, path, nil))
		got.want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the response took %v, want 3s", took)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := "finished after its 504 response\" request_id=" + got.header.Get("X-Request-Id") + " status=202"; !strings.Contains(log.String(), want) {
			t.Errorf("the log does not contain the late outcome: %s", log.String())
		}
	})
}

func TestTimeoutWhenAuthenticatorIgnoresContext(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*http.Request){"no body": nil, "undeclared length": withBody("", -1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log logBuffer
				h, err := server.New(service{deleteCustomer: panicking("reached")}, authFunc(func(context.Context, server.Keys) (server.Principal, error) {
					time.Sleep(time.Hour)
					return server.Principal{}, server.ErrInvalidCredentials
				}), log.option())
				if err != nil {
					t.Fatal(err)
				}
				do(h, request(http.MethodDelete, path, edit)).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
				time.Sleep(time.Hour)
				synctest.Wait()
				if !strings.Contains(log.String(), "finished after its 504 response") {
					t.Errorf("the log does not contain the late outcome: %s", log.String())
				}
			})
		})
	}
}

// TestLateKeysAreNotLogged covers keys that turn out to be valid after the 504 of a
// request whose body was never looked at: nothing was erased, so there is no outcome
// to log.
func TestLateKeysAreNotLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h, err := server.New(service{deleteCustomer: panicking("reached")}, authFunc(func(context.Context, server.Keys) (server.Principal, error) {
			time.Sleep(time.Hour)
			return server.Principal{AccountCodes: []string{account}}, nil
		}), log.option())
		if err != nil {
			t.Fatal(err)
		}
		do(h, request(http.MethodDelete, path, withBody("", -1))).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		time.Sleep(time.Hour)
		synctest.Wait()
		if strings.Contains(log.String(), "finished after") {
			t.Errorf("the log contains an outcome: %s", log.String())
		}
	})
}

func TestTimeoutOfSurroundingServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := request(http.MethodDelete, path, nil).WithContext(ctx)
		do(mount(t, obeying), r).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
	})
}

func TestDeadlineErrorInTimeIsInternal(t *testing.T) {
	t.Parallel()
	h := mount(t, returning(nil, context.DeadlineExceeded))
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
}

func TestMaxCallsCountsAbandonedCalls(t *testing.T) { // not parallel: it counts all goroutines
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h := mount(t, sleeping(time.Hour), server.WithTimeout(time.Second), server.WithMaxCalls(2), log.option())
		send := func() response { return do(h, request(http.MethodDelete, path, nil)) }
		for range 2 {
			send().want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		}
		before := runtime.NumGoroutine()
		for range 100 {
			got := send()
			got.want(t, http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE")
			if got.header.Get("Retry-After") != "5" {
				t.Fatalf("got Retry-After %q, want 5", got.header.Get("Retry-After"))
			}
		}
		if more := runtime.NumGoroutine() - before; more > 10 {
			t.Errorf("100 refused calls left %d more goroutines", more)
		}
		if !strings.Contains(log.String(), "too many calls in progress") {
			t.Errorf("the log does not contain the cause: %s", log.String())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		send().want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		time.Sleep(time.Hour)
	})
}

// A call ends before its response is written, so a client that sends one request at a
// time has at most one call in progress.
func TestMaxCallsInSequence(t *testing.T) {
	t.Parallel()
	h := mount(t, accepting, server.WithMaxCalls(1))
	for range 1000 {
		do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusAccepted, "")
	}
}

func TestMaxCallsAfterPanics(t *testing.T) {
	t.Parallel()
	h := mount(t, panicking("x"), server.WithMaxCalls(1))
	for range 3 {
		do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
	}
}
