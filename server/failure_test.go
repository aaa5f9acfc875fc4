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
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// logBuffer is a log that is safe to read while it is written.
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

// TestCausesAreLoggedNotSent expects the cause of each 500 in the log, with the
// request id of the response, and nothing of it in the response.
func TestCausesAreLoggedNotSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		impl  implFunc
		cause string
	}{
		"error":              {returning(nil, errors.New("disk full")), "disk full"},
		"error and response": {returning(api.DeleteCustomer202Response{}, errors.New("disk full")), "disk full"},
		"nil, nil":           {returning(nil, nil), "neither a response nor an error"},
		"undocumented":       {returning(custom{status: 418}, nil), "418"},
		"oversized":          {returning(custom{status: 400, body: strings.Repeat("x", 1<<20)}, nil), "1048576 bytes"},
		"panic":              {panicking("disk full"), "generated_test.go"},
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
				t.Errorf("the log does not contain request id %q: %s", id, log.String())
			}
			if !strings.Contains(log.String(), tt.cause) {
				t.Errorf("the log does not contain %q: %s", tt.cause, log.String())
			}
			for _, secret := range []string{secretKey, publicKey, customer, account} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("the log contains %q", secret)
				}
			}
		})
	}
}

func TestPanicInAuthenticatorOrLimiter(t *testing.T) {
	t.Parallel()
	h, err := server.New(service{deleteCustomer: accepting}, authFunc(func(context.Context, server.Keys) (server.Principal, error) { panic("auth") }),
		server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")

	h = mount(t, accepting, server.WithLimiter(func(context.Context, string) time.Duration { panic("limit") }))
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
}

func TestClientDisconnectsBeforeResponse(t *testing.T) {
	t.Parallel()
	var event server.Event
	var log logBuffer
	w, aborted := serveWithoutClient(t, obeying, &event, log.option())
	if !aborted || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("aborted = %v, header %v, body %q; want an abort and nothing written", aborted, w.Header(), w.Body)
	}
	if event.Status != server.StatusClientGone || event.Code != "" {
		t.Errorf("got event %+v, want status %d", event, server.StatusClientGone)
	}
	if log.String() != "" {
		t.Errorf("got log %s, want none above debug level: a flood of these would fill it", log.String())
	}
}

func TestClientDisconnectsButErasureIsAccepted(t *testing.T) {
	t.Parallel()
	var event server.Event
	w, aborted := serveWithoutClient(t, func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		<-ctx.Done()
		return api.DeleteCustomer202Response{}, nil
	}, &event)
	if aborted || w.Code != http.StatusAccepted || event.Status != http.StatusAccepted {
		t.Errorf("aborted = %v, status %d, event %+v; want the 202", aborted, w.Code, event)
	}
}

// serveWithoutClient serves a request whose client has disconnected, and reports
// whether the handler aborted.
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
