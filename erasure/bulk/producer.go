package bulk

import (
	"context"
	"errors"
	"time"
)

var errListChanged = errors.New("the list changed after it was scanned")

// produce records groups of ids as about to be sent and hands them to the workers. A
// group costs one sync of the journal, which takes place while the workers send the
// group before.
func (r *run) produce(ctx context.Context, records *recordScanner, q *queue) error {
	for {
		group, err := r.collect(ctx, records, r.window.room(ctx))
		if err != nil || len(group) == 0 {
			return err
		}
		if err := r.handOver(ctx, q, group); err != nil {
			return err
		}
	}
}

// collect returns the next records to be sent, at most the given number; none at the
// end of the list or when ctx ends.
func (r *run) collect(ctx context.Context, records *recordScanner, most int) (group []pending, err error) {
	for len(group) < most {
		if ctx.Err() != nil {
			return nil, nil
		}
		if !records.Scan() {
			err := records.Err()
			if err == nil && records.n < r.list.Records {
				err = errListChanged
			}
			return group, err
		}
		record := records.Record()
		if record.N >= r.list.Records {
			return nil, errListChanged
		}
		switch state := *r.list.states.at(record.N); {
		case state == invalid:
			if err := r.finish(invalidResult(record)); err != nil {
				return nil, err
			}
		case state.toSend():
			group = append(group, pending{record, state.ambiguous()})
		}
	}
	return group, nil
}

// invalidResult is the result of a record that has no valid id.
func invalidResult(r Record) Result {
	return Result{N: r.N, Line: r.Line, ID: r.ID, Outcome: Invalid, Reason: r.Err.Error(), Time: time.Now().UTC()}
}

// handOver records that a group is about to be sent and hands it to the workers, or
// takes it back if ctx ends first.
func (r *run) handOver(ctx context.Context, q *queue, group []pending) (err error) {
	start := time.Now()
	if err = r.journal.sending(group); err == nil {
		r.window.add(len(group), time.Since(start))
		select {
		case q.groups <- group:
			return nil
		case <-ctx.Done():
		}
	}
	for _, record := range group {
		if failed := r.takeBack(record); err == nil { // an error of the journal is always the same
			err = failed
		}
	}
	return err
}

// takeBack records that an id was not sent after all. One that an earlier run may have
// sent stays ambiguous.
func (r *run) takeBack(record pending) error {
	if record.ambiguous {
		return nil
	}
	return r.journal.notSent(record.Record)
}
