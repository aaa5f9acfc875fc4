package server_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// logBuffer is a logger's output that is safe to read while others write.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBuffer) option() server.Option {
	return server.WithLogger(slog.New(slog.NewTextHandler(b, nil)))
}

// TestCausesAreLoggedNotSent wants the cause of each 500 in the log, under the
// request id of the answer, and none of it in the answer.
func TestCausesAreLoggedNotSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		impl  implFunc
		cause string
	}{
		"error":            {returning(nil, errors.New("disk full")), "disk full"},
		"error and answer": {returning(api.DeleteCustomer202Response{}, errors.New("disk full")), "disk full"},
		"nil, nil":         {returning(nil, nil), "neither a response nor an error"},
		"undocumented":     {returning(custom{status: 418}, nil), "418"},
		"oversized":        {returning(custom{status: 400, body: strings.Repeat("x", 1<<20)}, nil), "1048576 bytes"},
		"panic":            {panicking("disk full"), "generated_test.go"},
		"panic of an abort": {func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			panic(http.ErrAbortHandler)
		}, "abort"},
		"goexit": {func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			runtime.Goexit()
			return nil, nil
		}, "ended its goroutine"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			got := do(mount(t, tt.impl, log.option()), request(http.MethodDelete, path, nil))
			got.want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
			if want := `{"code":"INTERNAL_ERROR","messages":["Internal error."]}`; got.body != want {
				t.Errorf("got %s, want %s", got.body, want)
			}
			if id := got.header.Get("X-Request-Id"); !strings.Contains(log.String(), "request_id="+id) {
				t.Errorf("request id %q is not in the log: %s", id, log.String())
			}
			if !strings.Contains(log.String(), tt.cause) {
				t.Errorf("%q is not in the log: %s", tt.cause, log.String())
			}
			for _, secret := range []string{secretKey, publicKey, customer, account} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("%q is in the log", secret)
				}
			}
		})
	}
}

func TestPanicInAuthenticatorOrLimiter(t *testing.T) {
	t.Parallel()
	h, err := server.New(implFunc(accepting), authFunc(func(context.Context, server.Keys) (server.Principal, error) { panic("auth") }),
		server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")

	h = mount(t, accepting, server.WithLimiter(func(context.Context, string) time.Duration { panic("limit") }))
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
}

func TestTimeout(t *testing.T) {
	t.Parallel()

	t.Run("ImplementationObeys", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log logBuffer
			h := mount(t, func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}, log.option())
			start := time.Now()
			do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
			if took := time.Since(start); took != 60*time.Second {
				t.Errorf("answered after %v, want 1m0s", took)
			}
			synctest.Wait()
			if strings.Contains(log.String(), "after it was answered") {
				t.Errorf("an obedient implementation is reported as late: %s", log.String())
			}
		})
	})

	t.Run("ImplementationIgnoresIt", func(t *testing.T) {
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
				t.Errorf("answered after %v, want 3s", took)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if want := "finished after it was answered 504\" request_id=" + got.header.Get("X-Request-Id") + " status=202"; !strings.Contains(log.String(), want) {
				t.Errorf("the late effect is not in the log: %s", log.String())
			}
		})
	})

	t.Run("AuthenticatorIgnoresIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h, err := server.New(implFunc(accepting), authFunc(func(context.Context, server.Keys) (server.Principal, error) {
				time.Sleep(time.Hour)
				return server.Principal{}, server.ErrInvalidCredentials
			}), server.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
			time.Sleep(time.Hour)
		})
	})

	t.Run("OfTheServerAround", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := mount(t, func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r := request(http.MethodDelete, path, nil).WithContext(ctx)
			do(h, r).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		})
	})

	t.Run("AnErrorOfItsOwnIsInternal", func(t *testing.T) {
		t.Parallel()
		h := mount(t, returning(nil, context.DeadlineExceeded))
		do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
	})
}

func TestMaxCalls(t *testing.T) {
	t.Parallel()

	t.Run("CallsThatWereGivenUpCount", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log logBuffer
			h := mount(t, sleeping(time.Hour), server.WithTimeout(time.Second), server.WithMaxCalls(2), log.option())
			ask := func() reply { return do(h, request(http.MethodDelete, path, nil)) }
			for range 2 {
				ask().want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
			}
			before := runtime.NumGoroutine()
			for range 100 {
				got := ask()
				got.want(t, http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE")
				if got.header.Get("Retry-After") != "5" {
					t.Fatalf("got Retry-After %q, want 5", got.header.Get("Retry-After"))
				}
			}
			// Other tests run beside this one and have goroutines of their own.
			if more := runtime.NumGoroutine() - before; more > 50 {
				t.Errorf("%d goroutines more after 100 refused calls", more)
			}
			if !strings.Contains(log.String(), "too many calls in progress") {
				t.Errorf("the cause is not in the log: %s", log.String())
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			ask().want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
			time.Sleep(time.Hour)
		})
	})

	// The call is over before its answer is seen.
	t.Run("OneAfterTheOther", func(t *testing.T) {
		t.Parallel()
		h := mount(t, accepting, server.WithMaxCalls(1))
		for range 1000 {
			do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusAccepted, "")
		}
	})

	t.Run("ThoseThatPanicAreOver", func(t *testing.T) {
		t.Parallel()
		h := mount(t, panicking("x"), server.WithMaxCalls(1))
		for range 3 {
			do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
		}
	})
}

func TestClientGoesAway(t *testing.T) {
	t.Parallel()

	t.Run("BeforeTheAnswer", func(t *testing.T) {
		t.Parallel()
		var event server.Event
		var log logBuffer
		w, aborted := serveWithoutClient(t, func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, &event, log.option())
		if !aborted || w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("aborted = %v, header %v, body %q; want an abort and nothing written", aborted, w.Header(), w.Body)
		}
		if event.Status != server.StatusClientGone || event.Code != "" {
			t.Errorf("got event %+v, want status %d", event, server.StatusClientGone)
		}
		if !strings.Contains(log.String(), "level=INFO") {
			t.Errorf("got log %s, want it at level INFO: nobody has to act on it", log.String())
		}
	})

	t.Run("EffectStillHappens", func(t *testing.T) {
		t.Parallel()
		var event server.Event
		w, aborted := serveWithoutClient(t, func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			<-ctx.Done()
			return api.DeleteCustomer202Response{}, nil
		}, &event)
		if aborted || w.Code != http.StatusAccepted || event.Status != http.StatusAccepted {
			t.Errorf("aborted = %v, status %d, event %+v; want what really happened", aborted, w.Code, event)
		}
	})
}

func serveWithoutClient(t *testing.T, impl implFunc, event *server.Event, opts ...server.Option) (w *httptest.ResponseRecorder, aborted bool) {
	t.Helper()
	h := mount(t, impl, append(opts, server.WithObserver(func(_ context.Context, e server.Event) { *event = e }))...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w = httptest.NewRecorder()
	defer func() { aborted = recover() == http.ErrAbortHandler }()
	h.ServeHTTP(w, request(http.MethodDelete, path, nil).WithContext(ctx))
	return w, false
}
