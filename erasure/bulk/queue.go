package bulk

import "sync"

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

	mu    sync.Mutex
	group []pending
}

// take returns the next record, or false when there are no more.
func (q *queue) take() (pending, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
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
