package database

import (
	"context"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// OpenWithQueue opens an existing database and its queue, which puts each provider's jobs
// where the running services work on them. closeBoth closes them.
func (f Flags) OpenWithQueue(ctx context.Context, stderr command.Stderr) (store *sqlstore.Store, queue *jobs.Queue, closeBoth func(), err error) {
	store, err = f.Open(ctx, stderr)
	if err != nil {
		return nil, nil, nil, err
	}
	queue, err = openQueue(ctx, store)
	if err != nil {
		_ = store.Close()
		return nil, nil, nil, err
	}
	return store, queue, func() {
		queue.Close()
		_ = store.Close()
	}, nil
}

func openQueue(ctx context.Context, store *sqlstore.Store) (*jobs.Queue, error) {
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
