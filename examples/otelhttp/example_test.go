// Package otelhttp_test traces the client's requests with OpenTelemetry. It is a module
// of its own, so that importers of the client do not require OpenTelemetry.
package otelhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// Each attempt is a span. otelhttp.NewTransport takes options and returns a
// *otelhttp.Transport, so it becomes middleware in a function. HideIDs keeps the
// customer id out of the attribute url.full.
func Example() {
	yuno := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer yuno.Close()

	spans := tracetest.NewInMemoryExporter() // in a program, the exporter to your collector
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	tracing := func(next http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(provider))
	}

	c, err := client.New(
		client.Credentials{
			AccountCode:      "493e9374-510a-4201-9e09-de669d75f256",
			PublicAPIKey:     "sandbox_public",
			PrivateSecretKey: "sandbox_private",
		},
		client.WithBaseURL(yuno.URL+"/v1"),
		client.WithMiddleware(client.HideIDs(tracing)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"); err != nil {
		fmt.Println(err)
		return
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name, span.SpanKind)
		for _, attribute := range span.Attributes {
			if attribute.Key == "url.full" {
				fmt.Println(strings.TrimPrefix(attribute.Value.AsString(), yuno.URL))
			}
		}
	}
	// Output:
	// HTTP DELETE client
	// /v1/customers/REDACTED
}
