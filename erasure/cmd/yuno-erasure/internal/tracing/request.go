package tracing

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// Handler returns next with a span for each request, in the trace of the client's
// traceparent. Of a request the span has the method, the path as the contract writes it,
// and the status, for which next calls [Respond]. It is written by hand because every
// delete waits for it: what otelhttp does besides, for metrics that nobody reads and to
// see the status go by, took two to three times as long.
func (t *Tracing) Handler(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		// Not tracestate and baggage, which are texts of others and may contain anything.
		if parent := r.Header.Get(traceParent); parent != "" {
			ctx = t.Restore(ctx, parent)
		}
		method, path := shownMethod(r.Method), shownPath(r.URL.Path)
		ctx, span := t.tracer.Start(ctx, method+" "+path, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", method), attribute.String("url.path", path), attribute.String("url.scheme", "http")))
		defer end(span)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// end ends a span. If a deferred call of End itself ended it, a panic would be recorded in it,
// with a value that may contain anything.
func end(span trace.Span) { span.End() }

// Respond completes the span of a request, in whose context it is called, with the status
// of the response.
func Respond(ctx context.Context, status int) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.Int(statusCode, status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// statusCode is the attribute of a span with the status of the response.
const statusCode = "http.response.status_code"

// shownPath returns the path that stands for one of a request, which may contain the id of
// a customer wherever the client has put it.
func shownPath(path string) string {
	const customers = "/v1/customers"
	switch id, ok := strings.CutPrefix(path, customers+"/"); {
	case ok && id != "" && !strings.Contains(id, "/"):
		return customers + "/{customer_id}"
	case path == customers:
		return customers
	}
	return "/REDACTED"
}

// shownMethod returns a method of the contract, or OTHER: the client can send any text.
func shownMethod(method string) string {
	switch method {
	case http.MethodDelete, http.MethodGet:
		return method
	}
	return "OTHER"
}

// ProviderOptions are those that give each call of a provider a span. The provider gets no
// part of the trace.
func (t *Tracing) ProviderOptions() []provider.Option {
	if t == nil {
		return nil
	}
	return []provider.Option{provider.WithMiddleware(t.transport)}
}

func (t *Tracing) transport(next http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + provider.CallOf(r.Context()) }))
}
