package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/yuno-community/yuno-customers/erasure"
)

// BeatEvery is how often a process looks at the connections: every five seconds, unless a
// test shortens the heartbeat timeout. A pause therefore reaches the queue within that
// time; the store begins nothing at a paused connection from the pause on.
func (q *Queue) BeatEvery() time.Duration { return q.heartbeatTimeout / 12 }

func (q *Queue) keepBeating(ctx context.Context) {
	ticker := time.NewTicker(q.BeatEvery())
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := q.beat(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "the state of the connections is unknown", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// beat takes note of the connections of all processes, and pauses and resumes the queues
// of its own whose state differs. It compares with the database and not with what this
// process did last: another one may have set a state that was true no longer, and died.
func (q *Queue) beat(ctx context.Context) error {
	states, err := q.worker.handler.Beat(ctx, q.Again, func(f func()) { q.beating.Go(f) })
	if err != nil {
		return err
	}
	q.Know(states)
	ctx, cancel := context.WithTimeout(ctx, erasure.BeatLimit(q.heartbeatTimeout)) // as the handler's
	defer cancel()
	paused, err := pausedQueues(ctx, q.db.DB())
	if err != nil {
		return err
	}
	var errs []error
	for _, state := range states {
		name := queueName(state.Name)
		is, begun := paused[name] // not until a process has started on the queue
		if q.own[name] != "" && begun && is != state.Paused() {
			errs = append(errs, q.setPaused(ctx, name, state.Paused()))
		}
	}
	return errors.Join(errs...)
}

// pausedQueues reports of each queue whether it is paused.
func pausedQueues(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT name, paused_at IS NOT NULL FROM river_queue")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	paused := map[string]bool{}
	for rows.Next() {
		var name string
		var is bool
		if err := rows.Scan(&name, &is); err != nil {
			return nil, err
		}
		paused[name] = is
	}
	return paused, rows.Err()
}

// Know tells the queue which connections other processes work on, so that it puts their
// jobs into their queues. Call it every [Queue.BeatEvery]. A queue that was started finds that
// out by itself.
//
// After an outage of the database, and when this process begins, it takes every
// connection that some process ever had for one that a process has, for a minute: the
// others may not have been able to say so.
func (q *Queue) Know(states []erasure.ConnectionState) { q.know(states, time.Now()) }

func (q *Queue) know(states []erasure.ConnectionState, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.steadiness.Heard(now)
	steady := q.steadiness.Steady(now)
	q.live = map[string]bool{}
	for name := range q.own {
		q.live[name] = true
	}
	for _, state := range states {
		if state.Live(now, q.heartbeatTimeout) || !steady && !state.SeenAt.IsZero() {
			q.live[queueName(state.Name)] = true
		}
	}
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

// adoptBatch is the number of jobs that one statement of adopt moves. It is small so that
// on SQLite no writer waits long for the lock.
const adoptBatch = 1000

// adopt moves the jobs of providers that no process has to the default queue, where
// their targets become action_required. In their own queue, which has no workers, they
// would wait forever.
func (q *Queue) adopt(ctx context.Context) error {
	names, err := queuesWith(ctx, q.db.DB(), "available", "retryable", "scheduled")
	if err != nil {
		return err
	}
	for _, name := range names {
		for moved := int64(adoptBatch); moved == adoptBatch && !q.works(name); {
			result, err := q.db.DB().ExecContext(ctx, "UPDATE river_job SET queue = $1 WHERE id IN (SELECT id FROM river_job WHERE queue = $2 AND kind = $3 AND "+
				waiting+" LIMIT $4)", river.QueueDefault, name, targetArgs{}.Kind(), adoptBatch)
			if err != nil {
				return err
			}
			if moved, err = result.RowsAffected(); err != nil {
				return err
			}
		}
	}
	return nil
}

// works reports whether some process works on a queue.
func (q *Queue) works(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.live[name] || name == river.QueueDefault || name == maintenanceQueue
}

// queuesWith returns the names of the queues that contain jobs in one of the states.
func queuesWith(ctx context.Context, db *sql.DB, states ...string) ([]string, error) {
	var names []string
	for _, state := range states {
		more, err := queuesInState(ctx, db, state)
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// queuesInState goes from name to name in River's index on states and queues, so it takes
// no longer for a million jobs than for one.
func queuesInState(ctx context.Context, db *sql.DB, state string) (names []string, err error) {
	first := "SELECT min(queue) FROM river_job WHERE state = '" + state + "'"
	rows, err := db.QueryContext(ctx, "WITH RECURSIVE names (name) AS ("+first+
		" UNION ALL SELECT ("+first+" AND queue > name) FROM names WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Live reports whether a process works on a connection, as far as the database says.
func (q *Queue) Live(state erasure.ConnectionState, now time.Time) bool {
	return state.Live(now, q.heartbeatTimeout)
}

// Unworked returns the number of jobs that are due in queues that no process works on,
// by queue. states are all connections.
func (q *Queue) Unworked(ctx context.Context, states []erasure.ConnectionState) (map[string]int, error) {
	live := map[string]bool{river.QueueDefault: true, maintenanceQueue: true}
	for _, state := range states {
		live[queueName(state.Name)] = q.Live(state, time.Now())
	}
	names, err := queuesWith(ctx, q.db.DB(), "available")
	unworked := map[string]int{}
	for _, name := range names {
		if live[name] {
			continue
		}
		var n int
		err := q.db.DB().QueryRowContext(ctx, "SELECT count(*) FROM river_job WHERE state = 'available' AND queue = $1", name).Scan(&n)
		if err != nil {
			return nil, err
		}
		if n > 0 { // they may have been moved meanwhile
			unworked[name] = n
		}
	}
	return unworked, err
}
