package survey

import (
	"context"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
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
				if ended = !more; more {
					return asked{numbered: fresh}, r.begin(), true
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
		return r.probe()
	case len(o.returned) > 0:
		record := o.returned[0]
		o.returned = o.returned[1:]
		return plan{kind: planAsk, record: record, number: r.started()}
	case !ended:
		return plan{kind: planFresh, changed: r.changed}
	}
	return plan{kind: planDone} // what is under way and returned is left to its worker
}

// probe plans the request that finds out whether the service is back, about the next record
// of the list: those that were returned may be the reason of the failures. The caller has
// the turn.
func (r *run) probe() plan {
	o := &r.outage
	record := asked{probe: true}
	select {
	case fresh, more := <-r.records:
		if record.numbered = fresh; !more && len(o.returned) == 0 { // all have a result by now
			o.wait = bulk.Wait{}
			r.reportWait()
			return plan{kind: planDone}
		}
		if more {
			o.probing = true
			return plan{kind: planAsk, record: record, number: r.started()}
		}
	default: // the list is being read
		if len(o.returned) == 0 {
			return plan{kind: planWait, until: time.Now().Add(firstProbe), changed: r.changed}
		}
	}
	record = o.returned[0]
	o.returned = o.returned[1:]
	record.probe, o.probing = true, true
	return plan{kind: planAsk, record: record, number: r.started()}
}

// begin counts the request for a fresh record, and returns its number.
func (r *run) begin() int {
	r.turn.Lock()
	defer r.turn.Unlock()
	return r.started()
}

// started counts a request and returns its number. The caller has the turn.
func (r *run) started() int {
	r.begun++
	return r.begun
}
