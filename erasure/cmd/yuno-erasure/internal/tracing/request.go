package tracing

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// Handler returns next with a span for each request, in the trace of the client's
// traceparent. Of a request the span has the method, the path as the contract writes it,
// and the status.
func (t *Tracing) Handler(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	traced := otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, shown *http.Request) {
		sent, _ := shown.Context().Value(sentKey{}).(*http.Request)
		next.ServeHTTP(w, sent.WithContext(shown.Context()))
	}), "", otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := &http.Request{
			Method: shownMethod(r.Method), URL: &url.URL{Path: shownPath(r.URL.Path)}, Body: http.NoBody,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		}
		// Not tracestate and baggage, which are texts of others and may contain anything.
		if parent := r.Header.Get(traceParent); parent != "" {
			shown.Header.Set(traceParent, parent)
		}
		traced.ServeHTTP(w, shown.WithContext(context.WithValue(r.Context(), sentKey{}, r)))
	})
}

// sentKey is the key of the request as it was sent.
type sentKey struct{}

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
