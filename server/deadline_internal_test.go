package server

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestAdjustFailure covers an implementation that returns just as its deadline
// passes, which an external test cannot bring about reliably.
func TestAdjustFailure(t *testing.T) {
	t.Parallel()
	live := t.Context()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	failed := internalError.withCause(errors.New("x"))
	tests := map[string]struct {
		resp             response
		client, deadline context.Context
		status           int
	}{
		"failed in time":           {failed, live, live, 500},
		"failed at the deadline":   {failed, live, expired, 504},
		"client gone":              {failed, canceled, canceled, StatusClientGone},
		"client's deadline passed": {failed, expired, expired, 504},
		"not a failure":            {notFound, canceled, expired, 404},
	}
	for name, tt := range tests {
		got := tt.resp.adjustFailure(tt.client, tt.deadline)
		if got.status != tt.status || got.cause != tt.resp.cause {
			t.Errorf("%s: got status %d with cause %v, want %d with cause %v", name, got.status, got.cause, tt.status, tt.resp.cause)
		}
	}
}
