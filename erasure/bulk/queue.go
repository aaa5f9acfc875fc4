package bulk

// pending is a record that the journal says is about to be sent.
type pending struct {
	Record
	// ambiguous: an earlier run may have sent it, and no response is recorded.
	ambiguous bool
}

// queue hands records to workers. They come in groups: handing over each by itself
// would wake a goroutine per id.
type queue struct {
	groups chan []pending // unbuffered: while one group is sent, the next one waits
	turn   chan struct{}  // has one element, taken by the worker that takes a record
	group  []pending      // of the worker that has the turn
}

func newQueue() *queue {
	q := &queue{groups: make(chan []pending), turn: make(chan struct{}, 1)}
	q.turn <- struct{}{}
	return q
}

// take returns the next record, or false when there are no more.
func (q *queue) take() (pending, bool) {
	<-q.turn
	defer func() { q.turn <- struct{}{} }()
	for len(q.group) == 0 {
		group, ok := <-q.groups
		if !ok {
			return pending{}, false
		}
		q.group = group
	}
	next := q.group[0]
	q.group = q.group[1:]
	return next, true
}
