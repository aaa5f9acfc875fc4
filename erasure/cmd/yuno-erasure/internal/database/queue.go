package database

import (
	"context"

	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// OpenQueue returns a queue that puts each provider's jobs where the running services
// work on them. Close it when done.
func OpenQueue(ctx context.Context, store *sqlstore.Store) (*jobs.Queue, error) {
	states, err := store.Connections(ctx)
	if err != nil {
		return nil, err
	}
	queue, err := jobs.Open(ctx, store, jobs.Config{})
	if err != nil {
		return nil, err
	}
	queue.Know(states)
	return queue, nil
}
