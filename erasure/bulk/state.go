package bulk

// state is what is known of one record.
type state byte

const (
	todo      state = iota
	sending         // may have been sent; no response is recorded
	retrying        // the same, after an attempt that failed
	unsettled       // maybe deleted; another attempt would show
	gone            // maybe deleted: it is gone, and an attempt of ours may be the reason
	accepted
	notFound
	failed
	rejected  // invalid, and recorded as such
	invalid   // no id, or one that the client rejects; not recorded yet
	duplicate // of an earlier record
	numStates
)

// ambiguous reports whether an attempt may have erased the customer without a response
// that says so.
func (s state) ambiguous() bool { return s == sending || s == retrying || s == unsettled }

// toSend reports whether a run has to send the record.
func (s state) toSend() bool { return s == todo || s == failed || s.ambiguous() }

// after returns the state after an entry of the journal.
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
			return unsettled
		}
		return gone
	case Invalid:
		return rejected
	}
	return failed
}

// chunk is how many records the states grow by. Growing one slice with append would
// copy it, and briefly keep it in memory twice.
const chunk = 64 << 10

// states is the state of every record, a byte each. Different records may be
// changed at the same time.
type states struct{ chunks []*[chunk]state }

// at returns the state of record n, and allocates its chunk.
func (s *states) at(n int) *state { return &chunkAt(&s.chunks, n/chunk)[n%chunk] }

// allocate allocates the states of the first n records: from then on they only change.
func (s *states) allocate(n int) {
	for i := 0; i < n; i += chunk {
		s.at(i)
	}
}

// chunkAt returns a chunk, and allocates it the first time.
func chunkAt[T any](chunks *[]*T, i int) *T {
	for i >= len(*chunks) {
		*chunks = append(*chunks, nil)
	}
	if (*chunks)[i] == nil {
		(*chunks)[i] = new(T)
	}
	return (*chunks)[i]
}

// reset forgets what a journal has said, and keeps what the scan has found. The states
// are allocated.
func (s *states) reset() {
	for _, c := range s.chunks {
		if c == nil {
			continue
		}
		for i, state := range c {
			switch state {
			case duplicate, invalid:
			case rejected:
				c[i] = invalid
			default:
				c[i] = todo
			}
		}
	}
}

// counts is how many records are in each state.
type counts [numStates]int

// count counts the records from one number to before another by their state.
func (s *states) count(from, to int) (c counts) {
	for i, part := range s.chunks {
		first, end := max(0, from-i*chunk), min(chunk, to-i*chunk)
		if part == nil || first >= end {
			continue
		}
		for _, state := range part[first:end] {
			c[state]++
		}
	}
	return c
}

// remaining returns how many records a run has to send.
func (c counts) remaining() int {
	n := 0
	for s, count := range c {
		if state(s).toSend() {
			n += count
		}
	}
	return n
}

func (c counts) summary() Summary {
	return Summary{
		Accepted:     c[accepted],
		NotFound:     c[notFound],
		MaybeDeleted: c[gone] + c[unsettled] + c[sending] + c[retrying],
		Unsettled:    c[unsettled] + c[sending] + c[retrying],
		Invalid:      c[rejected],
		Failed:       c[failed],
		Duplicates:   c[duplicate],
		NotSent:      c[todo] + c[invalid],
	}
}

// bits is a set of records. Its memory is a bit per record, of the parts that have any.
type bits struct{ chunks []*[chunk / 64]uint64 }

// add reports whether n is new to the set.
func (b *bits) add(n int) bool {
	word, bit := &chunkAt(&b.chunks, n/chunk)[n%chunk/64], uint64(1)<<(n%64)
	isNew := *word&bit == 0
	*word |= bit
	return isNew
}
