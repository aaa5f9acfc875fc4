package daemon

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/yuno-community/yuno-customers/server"
)

// contextHandler adds to each record which request and which trace it belongs to: request_id
// is the X-Request-Id of the response, trace_id is there if traces are exported.
type contextHandler struct{ slog.Handler }

const requestIDKey = "request_id"

// Handle implements [slog.Handler].
func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := server.RequestID(ctx); id != "" && !has(r, requestIDKey) {
		r.AddAttrs(slog.String(requestIDKey, id))
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// has reports whether a record has an attribute already.
func has(r slog.Record, key string) (found bool) {
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

// WithAttrs implements [slog.Handler].
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
