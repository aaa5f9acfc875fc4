package bulk

// state is what is known of one record.
type state byte

const (
	todo     state = iota
	sending        // may have been sent; no answer is recorded
	retrying       // the same, after an attempt that failed
	open           // maybe deleted, and nobody knows
	gone           // maybe deleted: it is gone, and it may have been us
	accepted
	notFound
	failed
	refused   // invalid, and recorded as such
	invalid   // no id, or one that the client refuses; not recorded yet
	duplicate // of an earlier record
	numStates
)

// ambiguous reports whether the customer may have been erased without anybody
// knowing.
func (s state) ambiguous() bool { return s == sending || s == retrying || s == open }

// toSend reports whether a run has something to do for the record.
func (s state) toSend() bool { return s == todo || s == failed || s.ambiguous() }

// after is the state after an entry of the journal.
func (s state) after(e entry) state {
	switch e.Event {
	case eventSending:
		switch s {
		case todo:
			return sending
		case failed:
			return retrying
		}
	case eventNotSent:
		switch s {
		case sending:
			return todo
		case retrying:
			return failed
		}
	case eventOutcome:
		return stateOf(e.Result)
	}
	return s
}

func stateOf(r Result) state {
	switch r.Outcome {
	case Accepted:
		return accepted
	case NotFound:
		return notFound
	case MaybeDeleted:
		if r.Unsettled() {
			return open
		}
		return gone
	case Invalid:
		return refused
	}
	return failed
}

// chunk is how many records the states grow by. A slice that grew by append would
// be copied, and for a time be there twice.
const chunk = 64 << 10

// states is the state of every record, a byte each. Different records may be
// changed at the same time.
type states struct{ chunks []*[chunk]state }

func (s *states) at(n int) *state {
	for n/chunk >= len(s.chunks) {
		s.chunks = append(s.chunks, new([chunk]state))
	}
	return &s.chunks[n/chunk][n%chunk]
}

// count counts the first n records by their state.
func (s *states) count(n int) (counts [numStates]int) {
	for i, c := range s.chunks {
		for _, state := range c[:max(0, min(n-i*chunk, chunk))] {
			counts[state]++
		}
	}
	return counts
}

// bits is a set of records.
type bits []uint64

func newBits(n int) bits { return make(bits, n/64+1) }

// add reports whether n is new.
func (b bits) add(n int) bool {
	word, bit := &b[n/64], uint64(1)<<(n%64)
	isNew := *word&bit == 0
	*word |= bit
	return isNew
}
