package batch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// maxGroup bounds how many records are noted as about to be sent ahead of the
	// workers: after a kill, nobody knows which of them were.
	maxGroup = 2048
	// groupTime is how long a group should take to send. Less, and the run waits
	// for the disk; more, and needlessly many are noted ahead.
	groupTime = 100 * time.Millisecond
)

// feed notes groups of records as about to be sent and hands them to the workers.
// A group costs one sync of the journal, which takes place while the workers
// send the one before. Groups begin small, as fits a run of one request a second,
// and grow while the workers wait for the disk.
func (r *run) feed(ctx context.Context, scanner *Scanner, q *queue) error {
	size := r.cfg.Concurrency
	group := make([]pending, 0, size)
	flush := func() error {
		if len(group) == 0 {
			return nil
		}
		waited, err := r.hand(ctx, q, group)
		switch {
		case waited == 0:
			size = max(size, min(4*size, maxGroup))
		case waited > groupTime:
			size = max(size/2, r.cfg.Concurrency)
		}
		group = make([]pending, 0, size)
		return err
	}
	for ctx.Err() == nil && scanner.Scan() {
		record := scanner.Record()
		if record.N >= r.census.Records {
			return errors.New("the input changed while it was read")
		}
		switch state := *r.census.states.at(record.N); {
		case state == invalid:
			if err := r.note(Result{N: record.N, ID: record.ID, Outcome: Invalid, Time: time.Now().UTC()}); err != nil {
				return err
			}
		case state.toSend():
			group = append(group, pending{record, state.ambiguous()})
		}
		if len(group) >= size {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(scanner.Err(), flush())
}

// hand notes that a group is about to be sent and hands it over. It returns how long
// it waited for the workers, 0 if they were waiting for it.
func (r *run) hand(ctx context.Context, q *queue, group []pending) (waited time.Duration, err error) {
	if err := r.journal.sendingAll(group); err != nil {
		return 0, fmt.Errorf("writing the journal: %w", err)
	}
	select {
	case q.groups <- group:
		return 0, nil
	default:
	}
	start := time.Now()
	select {
	case q.groups <- group:
		return time.Since(start), nil
	case <-ctx.Done():
		for _, record := range group {
			err = errors.Join(err, r.takeBack(record))
		}
		return 0, err
	}
}

// takeBack notes that a record was not sent after all. One that an earlier run
// may have sent stays as it was.
func (r *run) takeBack(record pending) error {
	if record.ambiguous {
		return nil
	}
	if err := r.journal.notSent(record.Record); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}
