package client

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// What is logged is chosen attribute by attribute, from values that are
// numbers or words of ours: an allow-list needs no redaction.

const operation = "delete-customer" // the specification's operationId

// logStart is the zero time when nobody listens.
func (c *Client) logStart(ctx context.Context) time.Time {
	if c.log == nil || !c.log.Enabled(ctx, slog.LevelDebug) {
		return time.Time{}
	}
	return time.Now()
}

func (c *Client) logAttempt(ctx context.Context, out *outcome, start time.Time) {
	if start.IsZero() {
		return
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "yuno attempt", append(c.attrs(out), slog.Duration("took", time.Since(start)))...)
}

func (c *Client) logRetry(ctx context.Context, out *outcome, wait time.Duration) {
	if c.log == nil || !c.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	c.log.LogAttrs(ctx, slog.LevelInfo, "yuno retry", append(c.attrs(out), slog.Duration("wait", wait))...)
}

func (c *Client) attrs(out *outcome) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("operation", operation),
		slog.Int("attempt", out.attempts),
		slog.Int("status", out.status()),
	}
	if code, _ := decodeError(out.body); isCode(code) && c.keys.hide(code) == code {
		attrs = append(attrs, slog.String("code", code))
	}
	if kind := out.failureKind(); kind != "" {
		attrs = append(attrs, slog.String("failure", kind))
	}
	return attrs
}

// isCode holds for what looks like Yuno's error codes; anything else in that
// place could be anything.
func isCode(code string) bool {
	return code != "" && len(code) <= 64 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// failureKind names the error in place of its text, which is not ours.
func (a *answer) failureKind() string {
	switch {
	case a.err == nil:
		return ""
	case a.accepted():
		return "body broke off"
	case errors.Is(a.err, context.Canceled):
		return "canceled"
	case errors.Is(a.err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(a.err, ErrTooLarge):
		return "too large"
	case a.http != nil:
		return "body broke off"
	case a.open:
		return "no answer"
	case failedBeforeSending(a.err):
		return "not sent"
	}
	return "middleware"
}
