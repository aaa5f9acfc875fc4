package bulk

import (
	"cmp"
	"context"
	"time"
)

const (
	firstProbe = time.Second // doubles with each probe that fails
	lastProbe  = time.Minute // the longest time between two probes
	// maxReturns is in how many outages an id may fail before it counts as failed. Without
	// a limit, a few ids that the service cannot cope with could keep a run going for ever.
	maxReturns = 3
	// fewAtTheEnd is how many failures suffice at the end of the list, where there cannot
	// be 20, and successesPerFailure how many successes of requests that began before them
	// are one too many. Otherwise they may be due to the ids, unless there was no
	// connection at all.
	fewAtTheEnd         = 3
	successesPerFailure = 4
)

// outage is what a run knows about failures of the service, as opposed to those of ids.
//
// A failure is held back at first, since it may be the beginning of an outage. If a
// request that began later succeeds, it was no outage, and the failure is final. If
// sameOutcomeLimit results in a row are failures, the run waits: the failures that are
// held back, and those that follow, are returned to be sent again in this run, and so are
// the ids that were about to be sent. Then one id is sent from time to time.
type outage struct {
	held     []held    // in the order of their results
	returned []pending // to be sent again
	proven   bool      // the account has accepted an id in a run before this one

	successes int // requests that had a response about their id

	number  int  // of the present or latest wait; counts from 1
	wait    Wait // the zero Wait: the run does not wait
	backoff time.Duration
	giveUp  *time.Timer
	gaveUp  bool // with KeepGoing: the run does not wait any more
}

// held is a failure that is not final yet. The record has it as its last result.
type held struct {
	pending
	begun     int // how many requests had begun by then
	successes int // how many of them had succeeded
}

func (o *outage) waiting() bool { return !o.wait.Since.IsZero() }

// holds reports whether a result of this kind is held back.
func (r *run) holds(k kind) bool {
	switch {
	case k != mistaken && k != away:
		return false
	case r.options.KeepGoing:
		return k == away && r.options.GiveUpAfter > 0 && !r.outage.gaveUp
	}
	return true
}

// hold keeps a failure of the service, and begins to wait or stops after too many. The
// caller holds r.mu.
func (r *run) hold(f held, round int) error {
	if r.outage.waiting() {
		var err error
		if r.gate.isCurrent(round) {
			err = r.putOff(*f.last)
		}
		return cmp.Or(err, r.giveBack(f.pending))
	}
	r.outage.held = append(r.outage.held, f)
	if r.streak.failures < sameOutcomeLimit {
		return nil
	}
	if r.streak.onlyMistakes() || r.options.GiveUpAfter == 0 {
		return &SameOutcomeError{Result: *f.last}
	}
	return r.beginWait(*f.last)
}

// beginWait stops sending until the service is back. The caller holds r.mu.
func (r *run) beginWait(cause Result) (err error) {
	o, now := &r.outage, time.Now()
	o.number++
	o.backoff = max(firstProbe, cause.RetryAfter)
	giveUp := now.Add(r.options.GiveUpAfter)
	o.wait = Wait{Cause: cause, Since: now, Probe: earlier(now.Add(o.backoff), giveUp), GiveUp: giveUp}
	number := o.number
	o.giveUp = time.AfterFunc(r.options.GiveUpAfter, func() { r.endPatience(number) })
	r.gate.narrow(o.wait.Probe)
	failed := o.held
	o.held = nil
	err = r.recall()
	for _, f := range failed {
		err = cmp.Or(err, r.giveBack(f.pending))
	}
	r.reportWait()
	return err
}

// putOff puts the next probe off. The caller holds r.mu.
func (r *run) putOff(cause Result) error {
	o := &r.outage
	o.backoff = max(min(2*o.backoff, lastProbe), cause.RetryAfter)
	o.wait.Cause = cause
	o.wait.Probe = earlier(time.Now().Add(o.backoff), o.wait.GiveUp)
	r.gate.delay(o.wait.Probe)
	r.reportWait()
	return r.recall()
}

// endWait lets the run go on. The caller holds r.mu.
func (r *run) endWait() {
	if o := &r.outage; o.waiting() {
		o.giveUp.Stop()
		o.wait = Wait{}
		r.streak.failures, r.streak.mistakes = 0, 0
		r.reportWait()
	}
}

// endPatience stops the run or, with KeepGoing, the waiting, if the wait of that number
// still lasts.
func (r *run) endPatience(number int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := &r.outage
	if !o.waiting() || o.number != number {
		return
	}
	if r.options.KeepGoing {
		o.gaveUp = true
		r.endWait()
		r.gate.open()
		return
	}
	r.stop(&SameOutcomeError{Result: o.wait.Cause, Waited: r.options.GiveUpAfter})
}

func (r *run) reportWait() {
	if r.options.Waiting != nil {
		r.options.Waiting(r.outage.wait)
	}
}

// release makes failures final that a success disproves as an outage: those before its
// request began, as the number-th. The caller holds r.mu.
func (r *run) release(number int) (err error) {
	held := r.outage.held
	for len(held) > 0 && held[0].begun < number {
		err = cmp.Or(err, r.conclude(*held[0].last))
		held = held[1:]
	}
	r.outage.held = held
	return err
}

// giveBack has a record sent again, unless it was in several outages. The caller holds
// r.mu.
func (r *run) giveBack(record pending) error {
	o := &r.outage
	if record.outage != o.number {
		record.outage = o.number
		record.returns++
	}
	if record.returns > maxReturns {
		return r.conclude(*record.last)
	}
	o.returned = append(o.returned, record)
	return r.revoke(record)
}

// recall takes back what was about to be sent, so that a kill during the wait leaves it
// unambiguous. The caller holds r.mu.
func (r *run) recall() (err error) {
	records := r.queue.drain()
	for _, record := range records {
		err = cmp.Or(err, r.revoke(record))
	}
	r.window.recall(len(records))
	r.open -= len(records)
	r.outage.returned = append(records, r.outage.returned...)
	return err
}

// takeReturned returns at most n records to be sent again.
func (r *run) takeReturned(n int) []pending {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := &r.outage
	n = min(n, len(o.returned))
	taken := append([]pending(nil), o.returned[:n]...)
	o.returned = o.returned[n:]
	return taken
}

// awaitReturned waits, at the end of the list, until all records have a result. It
// reports whether there are records to be sent again.
func (r *run) awaitReturned(ctx context.Context) (bool, error) {
	for ctx.Err() == nil {
		r.mu.Lock()
		again, err := r.atTheEnd()
		done := again || err != nil || r.open == 0
		r.mu.Unlock()
		if done {
			return again, err
		}
		select {
		case <-r.closed:
		case <-ctx.Done():
		}
	}
	return false, nil
}

// atTheEnd decides on the failures that are held back when nothing else is left, neither
// under way nor to be sent again. It reports whether there are records to be sent again. The caller holds r.mu.
func (r *run) atTheEnd() (again bool, err error) {
	if o := &r.outage; r.open == 0 && len(o.returned) == 0 && len(o.held) > 0 {
		if r.endsInOutage() {
			err = r.beginWait(*o.held[len(o.held)-1].last)
		} else {
			err = r.settle()
		}
	}
	return len(r.outage.returned) > 0, err
}

// endsInOutage reports whether the last ids of the list have failed because of the
// service, after it had worked. The caller holds r.mu.
func (r *run) endsInOutage() bool {
	o := &r.outage
	if o.successes == 0 || r.options.GiveUpAfter == 0 {
		return false
	}
	for _, f := range o.held {
		if f.last.Status != 0 || f.last.Outcome != Failed {
			return len(o.held) >= fewAtTheEnd && successesPerFailure*len(o.held) > o.successes-o.held[0].successes
		}
	}
	return true
}

// settle makes the last results of all records final. The caller holds r.mu.
func (r *run) settle() (err error) {
	o := &r.outage
	for _, f := range o.held {
		err = cmp.Or(err, r.conclude(*f.last))
	}
	for _, record := range o.returned {
		if record.last != nil {
			err = cmp.Or(err, r.conclude(*record.last))
		}
	}
	o.held, o.returned = nil, nil
	return err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
