package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
)

var _ jobs.Trace = (*Tracing)(nil)

// traceParent is the field of W3C Trace Context with the id of the trace, that of the parent
// span, and whether they are sampled.
const traceParent = "traceparent"

// Save implements [jobs.Trace].
func (t *Tracing) Save(ctx context.Context) string {
	saved := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, saved)
	return saved[traceParent]
}

// Restore implements [jobs.Trace].
func (t *Tracing) Restore(ctx context.Context, saved string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceParent: saved})
}

// attempts is a handler of jobs with a span for each attempt.
type attempts struct {
	jobs.Handler
	tracing *Tracing
}

// Attempts returns next with a span for each attempt, in the trace of its job.
func (t *Tracing) Attempts(next jobs.Handler) jobs.Handler {
	if t == nil {
		return next
	}
	return &attempts{next, t}
}

// Attempt implements [jobs.Handler].
func (a *attempts) Attempt(ctx context.Context, targetID string, complete erasure.TxFunc) (time.Time, error) {
	ctx, span := a.tracing.tracer.Start(ctx, "attempt", trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("yuno_erasure.target_id", targetID)))
	defer end(span)
	again, err := a.Handler.Attempt(ctx, targetID, complete)
	if err != nil {
		span.SetStatus(codes.Error, "the outcome was not recorded") // the error may quote the database
	}
	return again, err
}

// Report completes the span of an attempt, in whose context it is called.
func Report(ctx context.Context, a erasure.AttemptReport) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("yuno_erasure.erasure_id", a.ErasureID),
		attribute.String("yuno_erasure.provider", a.Provider),
		attribute.Int("yuno_erasure.attempt", a.Attempt),
		attribute.String("yuno_erasure.outcome", string(a.Kind)),
		attribute.String("yuno_erasure.reason", a.Reason),
		attribute.String("yuno_erasure.state", string(a.State)),
	)
	if a.Kind == erasure.OutcomeRetry || a.Kind == erasure.OutcomeActionRequired {
		span.SetStatus(codes.Error, a.Reason)
	}
}
