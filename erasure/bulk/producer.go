package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errInputChanged = errors.New("the input changed while it was read")

// feed notes groups of records as about to be sent and hands them to the workers.
// A group costs one sync of the journal, which takes place while the workers
// send the one before.
func (r *run) feed(ctx context.Context, scanner *Scanner, q *queue) error {
	for {
		group, err := r.collect(ctx, scanner, r.ahead.room(ctx))
		if err != nil || len(group) == 0 {
			return err
		}
		if err := r.hand(ctx, q, group); err != nil {
			return err
		}
	}
}

// collect returns the next records to be sent, most of them at most; none at the
// end of the input or of ctx.
func (r *run) collect(ctx context.Context, scanner *Scanner, most int) (group []pending, err error) {
	for len(group) < most {
		if ctx.Err() != nil {
			return nil, nil
		}
		if !scanner.Scan() {
			err := scanner.Err()
			if err == nil && scanner.n < r.census.Records {
				err = errInputChanged
			}
			return group, err
		}
		record := scanner.Record()
		if record.N >= r.census.Records {
			return nil, errInputChanged
		}
		switch state := *r.census.states.at(record.N); {
		case state == invalid:
			if err := r.note(Result{N: record.N, ID: record.ID, Outcome: Invalid, Time: time.Now().UTC()}); err != nil {
				return nil, err
			}
		case state.toSend():
			group = append(group, pending{record, state.ambiguous()})
		}
	}
	return group, nil
}

// hand notes that a group is about to be sent and hands it over, unless ctx ends.
func (r *run) hand(ctx context.Context, q *queue, group []pending) (err error) {
	if err := r.journal.sendingAll(group); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	r.ahead.add(len(group))
	select {
	case q.groups <- group:
		return nil
	case <-ctx.Done():
		for _, record := range group {
			err = errors.Join(err, r.takeBack(record))
		}
		return err
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
