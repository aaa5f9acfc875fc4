package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/yuno-community/yuno-customers/erasure"
)

// beatEvery is how often a process looks at the connections. A pause therefore reaches
// the queue within that time; the store begins nothing at a paused connection from the
// pause on.
const beatEvery = 5 * time.Second

func (q *Queue) keepBeating(ctx context.Context) {
	applied := map[string]bool{}
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := q.beat(ctx, applied); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "the state of the connections is unknown", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// beat takes note of the connections of all processes, and pauses and resumes the
// queues of its own: those whose state is not in applied, which has the paused as true.
func (q *Queue) beat(ctx context.Context, applied map[string]bool) error {
	states, err := q.worker.handler.Beat(ctx, q.Again, func(f func()) { q.beating.Go(f) })
	if err != nil {
		return err
	}
	q.Know(states)
	var errs []error
	for _, state := range states {
		name := queueName(state.Name)
		if before, known := applied[name]; q.own[name] && (!known || before != state.Paused()) {
			err := q.setPaused(ctx, name, state.Paused())
			switch {
			case err == nil:
				applied[name] = state.Paused()
			case !errors.Is(err, rivertype.ErrNotFound): // not until a process has started on the queue
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// Know tells the queue which connections other processes work on, so that it puts their
// jobs into their queues. A queue that was started finds that out by itself.
func (q *Queue) Know(states []erasure.ConnectionState) {
	live := map[string]bool{}
	for name := range q.own {
		live[name] = true
	}
	for _, state := range states {
		if state.Live(time.Now()) {
			live[queueName(state.Name)] = true
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.live = live
}

// setPaused pauses or resumes a queue, in all processes.
func (q *Queue) setPaused(ctx context.Context, name string, paused bool) error {
	set := q.client.QueueResume
	if paused {
		set = q.client.QueuePause
	}
	if err := set(ctx, name, nil); err != nil {
		return fmt.Errorf("pausing or resuming queue %s: %w", name, err)
	}
	return nil
}

// adopt moves the jobs of providers that no process has to the default queue, where
// their targets become action_required. In their own queue, which has no workers, they
// would wait forever.
func (q *Queue) adopt(ctx context.Context) error {
	query := "UPDATE river_job SET queue = $1 WHERE kind = $2 AND " + waiting + " AND queue <> $1"
	args := []any{river.QueueDefault, targetArgs{}.Kind()}
	q.mu.Lock()
	for name := range q.live {
		args = append(args, name)
		query += fmt.Sprintf(" AND queue <> $%d", len(args))
	}
	q.mu.Unlock()
	_, err := q.db.DB().ExecContext(ctx, query, args...)
	return err
}

// Unworked returns the number of jobs that are due in queues that no process works on,
// by queue. states are all connections.
func Unworked(ctx context.Context, db Database, states []erasure.ConnectionState) (map[string]int, error) {
	live := map[string]bool{}
	for _, state := range states {
		live[queueName(state.Name)] = state.Live(time.Now())
	}
	rows, err := db.DB().QueryContext(ctx,
		"SELECT queue, count(*) FROM river_job WHERE state = 'available' AND kind = $1 AND queue <> $2 GROUP BY queue",
		targetArgs{}.Kind(), river.QueueDefault)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	unworked := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		if !live[name] {
			unworked[name] = n
		}
	}
	return unworked, rows.Err()
}
