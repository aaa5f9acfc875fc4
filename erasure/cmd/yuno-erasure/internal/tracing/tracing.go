package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// stopTimeout is how long [Tracing.Stop] waits for the collector to take the last spans.
const stopTimeout = 5 * time.Second

// Tracing records spans and exports them in the background. A nil Tracing records nothing.
// It is safe for concurrent use.
type Tracing struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	log      *slog.Logger
}

// Start begins to export as the environment says. It returns nil if that does not ask for
// it. The collector need not be there: nothing waits for it, and spans that it does not take
// are dropped, which is logged once a minute.
func Start(ctx context.Context, log *slog.Logger) (*Tracing, error) {
	s, err := readSettings(os.Getenv)
	if err != nil || !s.on {
		return nil, err
	}
	otel.SetLogger(logr.FromSlogHandler(log.Handler())) // for values of variables that it ignores
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "err", err) }))
	exporter, err := newExporter(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	named, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "yuno-erasure")),
		resource.WithTelemetrySDK(), resource.WithFromEnv()) // last: OTEL_SERVICE_NAME replaces the name
	if err != nil {
		return nil, fmt.Errorf("traces: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	log.Info("tracing", "protocol", s.protocol)
	provider := sdk.NewTracerProvider(sdk.WithResource(named),
		sdk.WithSpanProcessor(withoutRefused{sdk.NewBatchSpanProcessor(&reporting{SpanExporter: exporter, log: log})}))
	return &Tracing{provider: provider, tracer: provider.Tracer("github.com/yuno-community/yuno-customers/erasure"), log: log}, nil
}

// newExporter returns an exporter that takes the rest of its settings from the environment.
func newExporter(ctx context.Context, s settings) (sdk.SpanExporter, error) {
	if s.protocol == protocolGRPC {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// Flush exports what has ended so far.
func (t *Tracing) Flush(ctx context.Context) error { return t.provider.ForceFlush(ctx) }

// Stop exports what is left, for a few seconds at most.
func (t *Tracing) Stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last traces are lost: the collector did not take them in time", "err", err)
	}
}
