package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// panicError is a panic in an implementation or in a hook.
type panicError struct {
	value any
	stack []byte
}

// newPanicError must be called where the panic is recovered, for the stack.
func newPanicError(value any) *panicError {
	return &panicError{value: value, stack: debug.Stack()}
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// logCause writes down why a request was answered 5xx, or not at all.
func (h *handler) logCause(ctx context.Context, a answer, requestID string) {
	level := slog.LevelError
	if a.status == StatusClientGone {
		level = slog.LevelInfo
	}
	h.log.LogAttrs(ctx, level, "customer erasure request failed", logAttrs(requestID, a)...)
}

// logLate writes down what came of a request that had been answered 504: whoever
// reads that 504 cannot know whether the customer was erased.
func (h *handler) logLate(ctx context.Context, a answer) {
	if errors.Is(a.cause, context.DeadlineExceeded) {
		return // the implementation gave up as it was told to
	}
	h.log.LogAttrs(ctx, slog.LevelWarn, "customer erasure request finished after it was answered 504", logAttrs(RequestID(ctx), a)...)
}

func logAttrs(requestID string, a answer) []slog.Attr {
	attrs := []slog.Attr{slog.String("request_id", requestID), slog.Int("status", a.status)}
	if a.cause != nil {
		attrs = append(attrs, slog.String("cause", a.cause.Error()))
	}
	if p, ok := a.cause.(*panicError); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	return attrs
}
