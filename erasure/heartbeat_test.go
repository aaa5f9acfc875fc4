package erasure

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// silentStore does not respond.
type silentStore struct{ stubStore }

func (*silentStore) SeeConnections(ctx context.Context, _ []string, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}

func (*silentStore) Connections(ctx context.Context) ([]ConnectionState, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A database that does not respond silences a process no longer than half of the time after
// which it counts as gone. A short time is one of tests, whose machine may be slow.
func TestABeatHasATimeLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seen           bool
		timeout, limit time.Duration
	}{
		"SeeConnections": {false, 0, DefaultHeartbeatTimeout / 2},
		"Connections":    {true, 0, DefaultHeartbeatTimeout / 2},
		"Short":          {false, MinHeartbeatTimeout, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, err := NewService(&silentStore{}, noQueue, nil, Config{HeartbeatTimeout: test.timeout})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if test.seen {
					s.seenAt = began
				}
				_, err = s.Beat(t.Context(), nil, func(func()) {})
				if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != test.limit {
					t.Errorf("got %v after %v", err, took)
				}
			})
		})
	}
}
