package client

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// Every attribute that is logged is a number, a word of ours or an identifier that is
// checked, chosen one by one: an allow-list needs no redaction.

// logStart returns the zero time if debug logging is off.
func (c *call) logStart(ctx context.Context) time.Time {
	if c.log == nil || !c.log.Enabled(ctx, slog.LevelDebug) {
		return time.Time{}
	}
	return time.Now()
}

func (c *call) logAttempt(ctx context.Context, out *outcome, start time.Time) {
	if start.IsZero() {
		return
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "yuno attempt", append(c.attrs(out), slog.Duration("took", time.Since(start)))...)
}

func (c *call) logRetry(ctx context.Context, out *outcome, wait time.Duration) {
	if c.log == nil || !c.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	c.log.LogAttrs(ctx, slog.LevelInfo, "yuno retry", append(c.attrs(out), slog.Duration("wait", wait))...)
}

func (c *call) attrs(out *outcome) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("operation", c.op.id),
		slog.Int("attempt", out.attempts),
		slog.Int("status", out.status()),
	}
	if out.resp != nil {
		if id := c.requestID(out.resp.Header); id != "" {
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	if code := c.loggedCode(out); code != "" {
		attrs = append(attrs, slog.String("code", code))
	}
	if kind := c.failureKind(&out.attemptResult); kind != "" {
		attrs = append(attrs, slog.String("failure", kind))
	}
	return attrs
}

// loggedCode returns the error code in the body, or "". The body of a success is none,
// but may be personal data.
func (c *call) loggedCode(out *outcome) string {
	if c.op.succeeds(out.status()) {
		return ""
	}
	code, _ := out.decodeError()
	if !isCode(code) || c.keys.redact(code) != code {
		return ""
	}
	return code
}

// isCode reports whether code has the form of Yuno's error codes. Any other text
// might be personal data.
func isCode(code string) bool {
	return code != "" && len(code) <= 64 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// failureKind returns our name for the error, whose text may contain anything.
func (c *call) failureKind(r *attemptResult) string {
	switch {
	case r.err == nil:
		return ""
	case c.op.done(r):
		return "body incomplete"
	case errors.Is(r.err, ErrUnexpectedBody):
		return "unexpected body"
	case errors.Is(r.err, context.Canceled):
		return "canceled"
	case errors.Is(r.err, ErrProxy):
		return "proxy"
	case errors.Is(r.err, ErrTLS):
		return "tls"
	case errors.Is(r.err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(r.err, ErrTooLarge):
		return "too large"
	case r.resp != nil:
		return "body incomplete"
	case r.networkAmbiguous:
		return "no response"
	case isUnsent(r.err):
		return "not sent"
	}
	return "middleware"
}
