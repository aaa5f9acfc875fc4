package server

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestInView covers an implementation that returns just as its deadline passes,
// which a test from outside cannot bring about reliably.
func TestInView(t *testing.T) {
	t.Parallel()
	live := t.Context()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	failed := internalError.because(errors.New("x"))
	tests := map[string]struct {
		answer           answer
		client, deadline context.Context
		status           int
	}{
		"failed in time":         {failed, live, live, 500},
		"failed at the deadline": {failed, live, expired, 504},
		"client gone":            {failed, canceled, canceled, StatusClientGone},
		"client's deadline":      {failed, expired, expired, 504},
		"decided at the end":     {notFound, canceled, expired, 404},
	}
	for name, tt := range tests {
		got := tt.answer.inView(tt.client, tt.deadline)
		if got.status != tt.status || got.cause != tt.answer.cause {
			t.Errorf("%s: got %d because of %v, want %d because of %v", name, got.status, got.cause, tt.status, tt.answer.cause)
		}
	}
}
