package erasure

import "time"

// TurnRequest asks for turns: permissions to start one request to a connection each. All
// processes on a database take them from the same row, so a limit of requests per second
// applies to all of them together.
type TurnRequest struct {
	Connection string
	// N is how many turns are wanted.
	N int
	// Every is the time between two turns, at least a microsecond.
	Every time.Duration
	// Burst is how many turns there are at once after a time in which nobody took one.
	Burst int
	// Horizon is how long a turn may be ahead. Turns beyond it are not taken, so that what
	// cannot wait so long does not delay the others.
	Horizon time.Duration
}

// Turns are turns that were taken: the first in In, which is negative if it could have
// been earlier, and each later one after the time of the request's Every.
type Turns struct {
	In time.Duration
	N  int // at most as many as wanted; 0 if the first is beyond the horizon
}
