package erasure

import "time"

// Period is what happened in a span of time.
type Period struct {
	From, To time.Time
	Accepted int
	// Failures are the times that a target came to need a person.
	Failures int
	// Took counts the erasures that were completed, by how long they had taken since they
	// were accepted: the first is up to TookUpTo[0], the last longer than all of these.
	Took [len(TookUpTo) + 1]int
}

// TookUpTo are the limits of [Period].Took.
var TookUpTo = [...]time.Duration{
	10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
}

// Completed returns the number of erasures that were completed.
func (p Period) Completed() int {
	n := 0
	for _, took := range p.Took {
		n += took
	}
	return n
}

// Within returns a time within which that share of the completed erasures were completed,
// from 0 to 1: a limit of [TookUpTo]. It is 0 if nothing was completed, and negative if some
// of them took longer than all limits.
func (p Period) Within(share float64) time.Duration {
	want := share * float64(p.Completed())
	sum := 0
	for i, n := range p.Took {
		sum += n
		switch {
		case n == 0 || float64(sum) < want:
		case i == len(TookUpTo):
			return -1
		default:
			return TookUpTo[i]
		}
	}
	return 0
}

// Waiting is what the queue has to do.
type Waiting struct {
	Due     int       // targets that are due
	Since   time.Time // since when the first of them is; zero without one
	Running int       // attempts in progress
}
