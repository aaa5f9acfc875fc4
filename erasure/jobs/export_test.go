package jobs

import "time"

// EnterFor sets how long a job waits until this process may make an attempt. Call it before
// Start.
func (q *Queue) EnterFor(d time.Duration) { q.worker.entering = d }
