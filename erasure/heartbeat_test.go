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
// which it counts as gone.
func TestABeatHasATimeLimit(t *testing.T) {
	t.Parallel()
	for name, seen := range map[string]bool{"SeeConnections": false, "Connections": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, err := NewService(&silentStore{}, noQueue, nil, Config{})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if seen {
					s.seenAt = began
				}
				_, err = s.Beat(t.Context(), nil, func(func()) {})
				if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != DefaultHeartbeatTimeout/2 {
					t.Errorf("got %v after %v", err, took)
				}
			})
		})
	}
}
