package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// reportEvery is the time between two lines about a collector that is away.
const reportEvery = time.Minute

// reporting logs what an exporter could not export.
type reporting struct {
	sdk.SpanExporter
	log *slog.Logger

	mu       sync.Mutex
	away     bool
	lost     int // spans since the last line
	reported time.Time
}

// ExportSpans implements [sdk.SpanExporter]. It never fails: the library would log every
// time.
func (r *reporting) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	r.report(r.SpanExporter.ExportSpans(ctx, spans), len(spans), time.Now())
	return nil
}

func (r *reporting) report(err error, spans int, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		if r.away {
			r.log.Info("the collector takes traces again", "lost_spans", r.lost)
		}
		r.away, r.lost, r.reported = false, 0, time.Time{}
		return
	}
	r.away = true
	r.lost += spans
	if now.Sub(r.reported) < reportEvery {
		return
	}
	r.log.Warn("traces are lost, and nothing else: the collector does not take them; OTEL_EXPORTER_OTLP_ENDPOINT says where it is",
		"lost_spans", r.lost, "err", shortened(err))
	r.lost, r.reported = 0, now
}

// shortened returns the text of an error. A collector's response is part of it.
func shortened(err error) string {
	const most = 300
	text := err.Error()
	return text[:min(len(text), most)]
}

// withoutRefused drops the spans of requests that were refused because of their keys or
// their rate. Anybody can send those, and a flood of them would crowd out the others.
type withoutRefused struct{ sdk.SpanProcessor }

// OnEnd implements [sdk.SpanProcessor].
func (p withoutRefused) OnEnd(span sdk.ReadOnlySpan) {
	if span.SpanKind() == trace.SpanKindServer {
		for _, a := range span.Attributes() {
			if status := a.Value.AsInt64(); a.Key == statusCode &&
				(status == http.StatusUnauthorized || status == http.StatusTooManyRequests) {
				return
			}
		}
	}
	p.SpanProcessor.OnEnd(span)
}
