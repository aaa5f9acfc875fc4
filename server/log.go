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

// logCause logs why a request got a 5xx response, a 429 for wrong keys, or none. The observer counts what a
// flood causes; it must not fill the log.
func (h *handler) logCause(ctx context.Context, resp response, requestID string) {
	level, attrs := slog.LevelError, logAttrs(requestID, resp)
	for cause, sample := range map[error]*sampler{errTooManyCalls: &h.overloaded, errThrottled: &h.throttled} {
		if !errors.Is(resp.cause, cause) {
			continue
		}
		skipped, ok := sample.take()
		if !ok {
			return
		}
		level, attrs = slog.LevelWarn, append(attrs, slog.Int("not_logged", skipped))
	}
	if resp.status == StatusClientGone {
		level = slog.LevelDebug
	}
	h.log.LogAttrs(ctx, level, "customer request failed", attrs...)
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
