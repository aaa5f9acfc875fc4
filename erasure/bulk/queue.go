package bulk

import "sync"

// pending is a record that the journal says is about to be sent.
type pending struct {
	Record
	// ambiguous: an earlier attempt may have erased the customer, and no response says
	// so.
	ambiguous bool
	// last is the result of sending it before in this run, nil for none.
	last *Result
	// outage is the number of the last outage that the record was in, and returns in how
	// many it was.
	outage, returns int
}

// queue hands records to workers. They come in groups: handing over each by itself
// would wake a goroutine per id.
type queue struct {
	groups  chan []pending // unbuffered: while one group is sent, the next one waits
	waiting chan struct{}  // has an element while a worker waits for a group

	mu    sync.Mutex
	group []pending
}

func newQueue() *queue {
	return &queue{groups: make(chan []pending), waiting: make(chan struct{}, 1)}
}

// take returns the next record, or false when there are no more.
func (q *queue) take() (pending, bool) {
	for {
		if next, ok := q.pop(); ok {
			return next, true
		}
		if !q.receive() {
			return pending{}, false
		}
	}
}

func (q *queue) pop() (next pending, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.group) == 0 {
		return pending{}, false
	}
	next = q.group[0]
	q.group = q.group[1:]
	return next, true
}

// receive waits for a group, unless another worker has received one meanwhile. It
// returns false when there are no more.
func (q *queue) receive() bool {
	q.waiting <- struct{}{}
	defer func() { <-q.waiting }()
	if q.has() {
		return true
	}
	group, ok := <-q.groups
	q.mu.Lock()
	defer q.mu.Unlock()
	q.group = group
	return ok
}

func (q *queue) has() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.group) > 0
}

// drain takes all records that no worker has taken yet.
func (q *queue) drain() []pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	rest := q.group
	q.group = nil
	return rest
}
