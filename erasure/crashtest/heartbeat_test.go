package crashtest

import (
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

// A database that does not respond does not silence a process for good: what the process says
// every few seconds has a time limit, and is said again.
func TestHeartbeatsHaveATimeLimit(t *testing.T) {
	t.Parallel()
	s, subjects := newLoaded(t, pgtest.Database(t), 2)
	v := s.start(shortHeartbeat)
	s.ready(v)
	unlock := s.hold(`LOCK TABLE processes, river_queue IN ACCESS EXCLUSIVE MODE`)
	v.WaitFor(t, "the state of the connections is unknown")
	v.WaitFor(t, "this process could not say which master keys it has")
	unlock()
	s.settle(v, subjects)
}
