package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
)

// A request has one span with its method, path and status, also if its handler gives up.
func TestRequestHasSpan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path   string
		status         int
		abort          bool
		want, wantPath string
		wantError      codes.Code
	}{
		"Accepted": {http.MethodDelete, "/v1/customers/zq1", http.StatusAccepted, false, "DELETE /v1/customers/{customer_id}", "/v1/customers/{customer_id}", codes.Unset},
		"NotFound": {http.MethodGet, "/zq1", http.StatusNotFound, false, "GET /REDACTED", "/REDACTED", codes.Unset},
		"Failed":   {http.MethodDelete, "/v1/customers/zq1", http.StatusServiceUnavailable, false, "DELETE /v1/customers/{customer_id}", "/v1/customers/{customer_id}", codes.Error},
		"Gone":     {"PURGE", "/v1/customers", 499, true, "OTHER /v1/customers", "/v1/customers", codes.Unset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := tracetest.NewSpanRecorder()
			provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
			tracing := &Tracing{provider: provider, tracer: provider.Tracer("test"), log: slog.New(slog.DiscardHandler)}
			handler := tracing.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.Method != test.method || r.URL.Path != test.path {
					t.Errorf("the handler got %s %s", r.Method, r.URL.Path)
				}
				Respond(r.Context(), test.status)
				if test.abort {
					panic(http.ErrAbortHandler)
				}
			}))
			func() {
				defer func() {
					if got := recover(); (got != nil) != test.abort {
						t.Errorf("panicked with %v", got)
					}
				}()
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil))
			}()
			ended := spans.Ended()
			if len(ended) != 1 {
				t.Fatalf("got %d spans", len(ended))
			}
			span := ended[0]
			if span.Name() != test.want || span.SpanKind() != trace.SpanKindServer || span.Status().Code != test.wantError {
				t.Errorf("got %q, %v, %v; want %q, server, %v", span.Name(), span.SpanKind(), span.Status().Code, test.want, test.wantError)
			}
			if events := span.Events(); len(events) != 0 {
				t.Errorf("the span tells of %v", events)
			}
			got := map[string]any{}
			for _, a := range span.Attributes() {
				got[string(a.Key)] = a.Value.AsInterface()
			}
			method := test.want[:len(test.want)-len(test.wantPath)-1]
			want := map[string]any{
				"http.request.method": method, "url.path": test.wantPath, "url.scheme": "http", "http.response.status_code": int64(test.status),
			}
			if len(got) != len(want) {
				t.Errorf("got attributes %v, want %v", got, want)
			}
			for key, value := range want {
				if got[key] != value {
					t.Errorf("%s: got %v, want %v", key, got[key], value)
				}
			}
		})
	}
}

// What panics in an attempt may contain anything, so its span does not tell.
func TestSpanTellsNothingOfAPanic(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
	tracing := &Tracing{provider: provider, tracer: provider.Tracer("test"), log: slog.New(slog.DiscardHandler)}
	func() {
		defer func() {
			if got := recover(); got != "zq1 is broken" {
				t.Errorf("panicked with %v", got)
			}
		}()
		_, _ = tracing.Attempts(broken{}).Attempt(t.Context(), "t1", nil)
	}()
	if ended := spans.Ended(); len(ended) != 1 || len(ended[0].Events()) != 0 {
		t.Errorf("got %d spans, want one that says nothing of the panic", len(ended))
	}
}

// broken is a handler whose attempts panic.
type broken struct{ jobs.Handler }

func (broken) Attempt(context.Context, string, erasure.TxFunc) (time.Time, error) {
	panic("zq1 is broken")
}
