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

// newPanicError must be called where the panic is recovered, so that the stack is
// the right one.
func newPanicError(value any) *panicError {
	return &panicError{value: value, stack: debug.Stack()}
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// logCause logs why a request got a 5xx response, or none.
func (h *handler) logCause(ctx context.Context, resp response, requestID string) {
	level := slog.LevelError
	if resp.status == StatusClientGone {
		level = slog.LevelDebug // the observer counts them; a flood must not fill the log
	}
	h.log.LogAttrs(ctx, level, "customer request failed", logAttrs(requestID, resp)...)
}

// logLate logs the outcome of a call that finished after its request got a 504. The
// client cannot know whether the customer was erased.
func (h *handler) logLate(ctx context.Context, resp response) {
	if resp.status == 0 {
		return // the keys were valid, and nothing else was done
	}
	if errors.Is(resp.cause, context.DeadlineExceeded) {
		return // the implementation gave up, as it should
	}
	h.log.LogAttrs(ctx, slog.LevelWarn, "customer request finished after its 504 response", logAttrs(RequestID(ctx), resp)...)
}

func logAttrs(requestID string, resp response) []slog.Attr {
	attrs := []slog.Attr{slog.String("request_id", requestID), slog.Int("status", resp.status)}
	if resp.cause != nil {
		attrs = append(attrs, slog.String("cause", resp.cause.Error()))
	}
	if p, ok := resp.cause.(*panicError); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	return attrs
}
