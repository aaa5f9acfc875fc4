package survey

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

const (
	// failuresInARow is how many requests in a row must fail for a run to wait or to stop.
	failuresInARow = 20
	firstProbe     = time.Second // doubles with each probe that fails
	lastProbe      = time.Minute // the longest time between two probes
	// maxReturns is in how many outages an id may fail before it counts as unknown. Without
	// a limit, a few ids that the service cannot cope with could keep a run going for ever.
	maxReturns = 3
)

// OutageError is why a run stopped by itself: 20 requests in a row failed, and the service
// did not come back in time, or wrong keys or a wrong address are the likely cause.
type OutageError struct {
	Result Result        // the latest failure
	Waited time.Duration // for the service to come back; 0 if the run did not wait
}

func (e *OutageError) Error() string {
	text := fmt.Sprintf("%d requests in a row failed", failuresInARow)
	if e.Waited > 0 {
		text += fmt.Sprintf(", and the service did not come back in %v", e.Waited)
	}
	if e.Result.Code != "" {
		text += ": " + e.Result.Code
	}
	if e.Result.Status != 0 {
		text += fmt.Sprintf(" (status %d)", e.Result.Status)
	}
	return text
}

// outage is what a run knows about failures of the service, as opposed to those of ids.
//
// A failure is held back at first, since it may be the beginning of an outage. If a request
// that began later does not fail, it was none, and the failure is final. After
// failuresInARow, the run waits: the failures that are held back, and those that follow, are
// returned to be asked about again, and a single id is asked about from time to time.
type outage struct {
	failures int // in a row
	worked   bool
	held     []asked
	returned []asked
	wait     bulk.Wait // the zero Wait: the run does not wait
	backoff  time.Duration
	probing  bool // a probe is under way
}

// asked is a record and what is known of its requests in this run.
type asked struct {
	numbered
	last    *Result // of the latest request; nil for none
	begun   int     // requests had begun by the time of the result
	returns int     // outages that it was in
	probe   bool
}

func (o *outage) waiting() bool { return !o.wait.Since.IsZero() }

// failed reports whether a result is a failure of the service: no response, or one that
// says nothing about the id.
func failed(r Result) bool {
	aboutTheID := r.Code != "" &&
		(r.Status == http.StatusBadRequest || r.Status == http.StatusConflict || r.Status == http.StatusUnprocessableEntity)
	return r.Outcome == Unknown && !aboutTheID
}

// mistake reports whether a failure is one that a person has to correct, such as wrong
// keys or a wrong address.
func mistake(r Result) bool {
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired:
		return true
	}
	return r.Status == 0 && (r.Code == bulk.CodeNoSuchHost || r.Code == bulk.CodeProxyFailed || r.Code == bulk.CodeTLSFailed)
}

// fail deals with a failure of the service. The caller has the turn.
func (r *run) fail(record asked) error {
	o := &r.outage
	if o.waiting() {
		var err error
		if record.probe {
			err = r.putOff(*record.last)
		}
		return cmp.Or(err, r.giveBack(record))
	}
	o.failures++
	o.held = append(o.held, record)
	switch {
	case o.failures < failuresInARow:
		return nil
	case r.options.GiveUpAfter == 0, !o.worked && mistake(*record.last):
		return &OutageError{Result: *record.last}
	}
	now := time.Now()
	o.backoff = firstProbe
	o.wait = bulk.Wait{Cause: causeOf(*record.last), Since: now, GiveUp: now.Add(r.options.GiveUpAfter)}
	o.wait.Probe = earlier(now.Add(o.backoff), o.wait.GiveUp)
	held := o.held
	o.held = nil
	for _, h := range held {
		if err := r.giveBack(h); err != nil {
			return err
		}
	}
	r.reportWait()
	return nil
}

// putOff puts the next probe off, or stops the run if its patience is over. The caller
// has the turn.
func (r *run) putOff(cause Result) error {
	o := &r.outage
	o.probing = false
	now := time.Now()
	if !now.Before(o.wait.GiveUp) {
		return &OutageError{Result: cause, Waited: r.options.GiveUpAfter}
	}
	o.backoff = min(2*o.backoff, lastProbe)
	o.wait.Cause = causeOf(cause)
	o.wait.Probe = earlier(now.Add(o.backoff), o.wait.GiveUp)
	r.reportWait()
	return nil
}

// giveBack has a record asked about again, unless it was in several outages. The caller
// has the turn.
func (r *run) giveBack(record asked) error {
	record.probe = false
	record.returns++
	if record.returns > maxReturns {
		return r.conclude(record)
	}
	r.outage.returned = append(r.outage.returned, record)
	return nil
}

// workedAgain notes a response about an id, to a request that began as the number-th. The caller
// has the turn.
func (r *run) workedAgain(record asked, number int) error {
	o := &r.outage
	o.worked, o.failures = true, 0
	if record.probe {
		o.probing, o.wait = false, bulk.Wait{}
		r.reportWait()
	}
	for len(o.held) > 0 && o.held[0].begun < number {
		if err := r.conclude(o.held[0]); err != nil {
			return err
		}
		o.held = o.held[1:]
	}
	return nil
}

// settle makes the last results of all records final. The caller has the turn.
func (r *run) settle() error {
	o := &r.outage
	for _, record := range slices.Concat(o.held, o.returned) {
		if record.last != nil {
			if err := r.conclude(record); err != nil {
				return err
			}
		}
	}
	o.held, o.returned = nil, nil
	return nil
}

func (r *run) reportWait() {
	r.notify()
	if r.options.Waiting != nil {
		r.options.Waiting(r.outage.wait)
	}
}

// causeOf returns a failure in the form in which a deletion reports it.
func causeOf(r Result) bulk.Result {
	return bulk.Result{Outcome: bulk.Failed, Status: r.Status, Code: r.Code, Attempts: r.Attempts, RequestID: r.RequestID, Time: r.Time}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
