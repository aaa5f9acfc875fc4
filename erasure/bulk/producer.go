package bulk

import (
	"cmp"
	"context"
	"errors"
	"time"
)

var errListChanged = errors.New("the list changed after it was scanned")

// produce records groups of ids as about to be sent and hands them to the workers. A
// group costs one sync of the journal, which takes place while the workers send the
// group before.
func (r *run) produce(ctx context.Context, records *recordScanner) error {
	for {
		group, err := r.collect(ctx, records, r.window.room(ctx))
		if err != nil || ctx.Err() != nil {
			return err
		}
		if len(group) == 0 {
			if again, err := r.awaitReturned(ctx); err != nil || !again {
				return err
			}
			continue
		}
		if err := r.handOver(ctx, group); err != nil {
			return err
		}
	}
}

// collect returns the next records to be sent, at most the given number, and first those
// to be sent again; none at the end of the list or when ctx ends.
func (r *run) collect(ctx context.Context, records *recordScanner, most int) (group []pending, err error) {
	if group := r.takeReturned(most); len(group) > 0 {
		return group, nil
	}
	for len(group) < most {
		if ctx.Err() != nil {
			return nil, nil
		}
		if !records.Scan() {
			err := records.Err()
			if err == nil && records.Count() < r.list.Records {
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
			if err := r.finishInvalid(record); err != nil {
				return nil, err
			}
		case state.toSend():
			group = append(group, pending{Record: record, ambiguous: state.ambiguous()})
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
func (r *run) handOver(ctx context.Context, group []pending) (err error) {
	start := time.Now()
	if err = r.journal.sending(group); err == nil {
		r.window.add(len(group), time.Since(start))
		r.opened(len(group))
		select {
		case r.queue.groups <- group:
			return nil
		case <-ctx.Done():
		}
	}
	for _, record := range group {
		failed := r.takeBack(record)
		err = cmp.Or(err, failed) // an error of the journal is always the same
	}
	return err
}

// takeBack records that an id was not sent after all or, if it was sent before in this
// run, what the outcome was then.
func (r *run) takeBack(record pending) error {
	if record.last == nil {
		return r.revoke(record)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conclude(*record.last)
}

// revoke records that an id is not about to be sent any more. One that may have been sent
// before stays ambiguous.
func (r *run) revoke(record pending) error {
	if record.ambiguous {
		return nil
	}
	return r.journal.notSent(record.Record)
}
