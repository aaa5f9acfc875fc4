package otelhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"

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
