package survey

import (
	"context"
	"time"
)

// plan is what a worker does next.
type plan struct {
	kind    planKind
	record  asked           // of planAsk
	number  int             // of planAsk: that of the request
	until   time.Time       // of planWait: the time of a probe; zero for none
	changed <-chan struct{} // closed when the worker should plan again
}

type planKind int

const (
	planAsk   planKind = iota // ask about the record
	planFresh                 // ask about the next record of the list
	planWait                  // plan again later
	planDone                  // there is nothing left
)

// next returns the record to ask about next and the number of that request, or false when
// there is none or ctx ends. It waits while the service is away.
func (r *run) next(ctx context.Context) (record asked, number int, ok bool) {
	for ended := false; ctx.Err() == nil; {
		p := r.plan(ended)
		switch p.kind {
		case planAsk:
			return p.record, p.number, true
		case planDone:
			return asked{}, 0, false
		case planWait:
			wait(ctx, p)
		case planFresh:
			select {
			case fresh, more := <-r.records:
				if ended = !more; ended {
					continue
				}
				if number, ok := r.begin(fresh); ok {
					return asked{numbered: fresh}, number, true
				}
			case <-p.changed:
			case <-ctx.Done():
			}
		}
	}
	return asked{}, 0, false
}

func wait(ctx context.Context, p plan) {
	var probe <-chan time.Time
	if !p.until.IsZero() {
		timer := time.NewTimer(time.Until(p.until))
		defer timer.Stop()
		probe = timer.C
	}
	select {
	case <-p.changed:
	case <-probe:
	case <-ctx.Done():
	}
}

// plan decides what a worker does next. ended says that the list is at its end.
func (r *run) plan(ended bool) plan {
	r.turn.Lock()
	defer r.turn.Unlock()
	o := &r.outage
	switch {
	case o.waiting() && o.probing:
		return plan{kind: planWait, changed: r.changed}
	case o.waiting() && time.Until(o.wait.Probe) > 0:
		return plan{kind: planWait, until: o.wait.Probe, changed: r.changed}
	case o.waiting():
		o.probing = true
		record := r.forProbe()
		record.probe = true
		return plan{kind: planAsk, record: record, number: r.started()}
	case len(o.returned) > 0:
		record := o.returned[0]
		o.returned = o.returned[1:]
		return plan{kind: planAsk, record: record, number: r.started()}
	case !ended:
		return plan{kind: planFresh, changed: r.changed}
	case r.underWay > 0: // what is under way may be returned
		return plan{kind: planWait, changed: r.changed}
	}
	return plan{kind: planDone}
}

// forProbe returns the record of a probe: the next one of the list, since those that were
// returned may be the reason of the failures. The caller has the turn.
func (r *run) forProbe() asked {
	select {
	case fresh, more := <-r.records:
		if more {
			return asked{numbered: fresh}
		}
	default: // the list is being read
	}
	record := r.outage.returned[0]
	r.outage.returned = r.outage.returned[1:]
	return record
}

// begin counts the request for a fresh record. If the run has begun to wait meanwhile, it
// keeps the record for later and returns false.
func (r *run) begin(fresh numbered) (number int, ok bool) {
	r.turn.Lock()
	defer r.turn.Unlock()
	if r.outage.waiting() {
		r.outage.returned = append(r.outage.returned, asked{numbered: fresh})
		return 0, false
	}
	return r.started(), true
}

// started counts a request and returns its number. The caller has the turn.
func (r *run) started() int {
	r.begun++
	r.underWay++
	return r.begun
}
