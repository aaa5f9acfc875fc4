package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// recorder is an httptrace that records the hooks that are called.
type recorder struct {
	mu    sync.Mutex
	calls []string
}

func (r *recorder) note(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
}

func (r *recorder) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { r.note("GotConn") },
		WroteHeaderField:     func(name string, values []string) { r.note(fmt.Sprint("WroteHeaderField ", name, values)) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { r.note("WroteRequest") },
		GotFirstResponseByte: func() { r.note("GotFirstResponseByte") },
	}
}

// httptrace calls a hook with each header field as it is written, keys included. It
// may come from the caller's context or from middleware.
func TestTraceDoesNotSeeKeys(t *testing.T) {
	t.Parallel()
	for name, setup := range map[string]func(ctx context.Context, r *recorder) (context.Context, []client.Option){
		"OfTheCaller": func(ctx context.Context, r *recorder) (context.Context, []client.Option) {
			return httptrace.WithClientTrace(ctx, r.trace()), nil
		},
		"OfMiddleware": func(ctx context.Context, r *recorder) (context.Context, []client.Option) {
			return ctx, []client.Option{client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(req *http.Request) (*http.Response, error) {
					return next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), r.trace())))
				})
			})}
		},
		"OfBothAndTheTransport": func(ctx context.Context, r *recorder) (context.Context, []client.Option) {
			network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
				own := &httptrace.ClientTrace{WroteHeaders: func() { r.note("WroteHeaders") }}
				return ownClient().Transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), own)))
			})
			return httptrace.WithClientTrace(ctx, r.trace()), []client.Option{
				client.WithHTTPClient(&http.Client{Transport: network}),
				client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
					return roundTripFunc(func(req *http.Request) (*http.Response, error) {
						return next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), r.trace())))
					})
				}),
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r recorder
			ctx, opts := setup(t.Context(), &r)
			if err := newClient(t, newYuno(t, accept).baseURL(), opts...).DeleteCustomer(ctx, customerID); err != nil {
				t.Fatal(err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, call := range r.calls {
				if showsKey(call) || strings.HasPrefix(call, "WroteHeaderField") {
					t.Error("the trace sees header fields")
				}
			}
			for _, hook := range []string{"GotConn", "WroteRequest", "GotFirstResponseByte"} {
				if !slices.Contains(r.calls, hook) {
					t.Errorf("got %v, want %s kept", r.calls, hook)
				}
			}
			if name == "OfBothAndTheTransport" && !slices.Contains(r.calls, "WroteHeaders") {
				t.Errorf("got %v, want the transport's own hook called", r.calls)
			}
		})
	}
}
