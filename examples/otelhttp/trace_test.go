package otelhttp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"go.opentelemetry.io/contrib/instrumentation/net/http/httptrace/otelhttptrace"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// With WithInsecureHeaders, otelhttptrace records every header that a transport
// writes. The client's keys must not be among them.
func TestSpansContainNoKeys(t *testing.T) {
	t.Parallel()
	yuno := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer yuno.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))

	c, err := client.New(
		client.Credentials{AccountCode: "account", PublicAPIKey: "sandbox_PUBLIC", PrivateSecretKey: "sandbox_PRIVATE"},
		client.WithBaseURL(yuno.URL+"/v1"),
		client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(provider),
				otelhttp.WithClientTrace(func(ctx context.Context) *httptrace.ClientTrace {
					return otelhttptrace.NewClientTrace(ctx, otelhttptrace.WithTracerProvider(provider), otelhttptrace.WithInsecureHeaders())
				}))
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	if err := c.DeleteCustomer(t.Context(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, span := range spans.GetSpans() {
		names = append(names, span.Name)
		if text := fmt.Sprint(span.Attributes, span.Events); strings.Contains(text, "PUBLIC") || strings.Contains(text, "PRIVATE") {
			t.Errorf("span %s contains a key", span.Name)
		}
	}
	if all := strings.Join(names, " "); !strings.Contains(all, "http.getconn") || !strings.Contains(all, "HTTP DELETE") {
		t.Errorf("got spans %s, want those of the connection and of the call", all)
	}
}

// No span shows whom a call is about, whatever the call and however it ends. The same
// spans without HideIDs do, which shows that the test would notice.
func TestSpansDoNotNameTheCustomer(t *testing.T) {
	t.Parallel()
	const (
		customerID = "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"
		merchantID = "jane.doe+1@example.com"
	)
	lost := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	lost.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer lost.Close()
	missing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"code":"NOT_FOUND"}`)
	}))
	defer missing.Close()

	// names returns how many attributes and events of the calls' spans contain an id.
	names := func(t *testing.T, baseURL string, wrap func(func(http.RoundTripper) http.RoundTripper) func(http.RoundTripper) http.RoundTripper) int {
		t.Helper()
		spans := tracetest.NewInMemoryExporter()
		provider := trace.NewTracerProvider(trace.WithSyncer(spans))
		c, err := client.New(
			client.Credentials{AccountCode: "account", PublicAPIKey: "sandbox_PUBLIC", PrivateSecretKey: "sandbox_PRIVATE"},
			client.WithBaseURL(baseURL), client.WithRetry(1, time.Millisecond),
			client.WithMiddleware(wrap(func(next http.RoundTripper) http.RoundTripper {
				return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(provider))
			})),
		)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseIdleConnections()
		if err := c.DeleteCustomer(t.Context(), customerID); err == nil {
			t.Error("DeleteCustomer succeeded")
		}
		if _, err := c.Customer(t.Context(), customerID); err == nil {
			t.Error("Customer succeeded")
		}
		if _, err := c.CustomerByMerchantID(t.Context(), merchantID); err == nil {
			t.Error("CustomerByMerchantID succeeded")
		}
		found := 0
		for _, span := range spans.GetSpans() {
			text := fmt.Sprint(span.Name, span.Attributes, span.Events, span.Status)
			if strings.Contains(text, customerID) || strings.Contains(text, "jane.doe") {
				found++
			}
		}
		if len(spans.GetSpans()) < 3 {
			t.Errorf("got %d spans, want at least one for each call", len(spans.GetSpans()))
		}
		return found
	}
	for _, baseURL := range []string{lost.URL, missing.URL, "http://127.0.0.1:1"} {
		if got := names(t, baseURL, client.HideIDs); got != 0 {
			t.Errorf("%d spans name a customer", got)
		}
		plain := func(mw func(http.RoundTripper) http.RoundTripper) func(http.RoundTripper) http.RoundTripper {
			return mw
		}
		if got := names(t, baseURL, plain); got == 0 {
			t.Error("without HideIDs no span names a customer")
		}
	}
}
