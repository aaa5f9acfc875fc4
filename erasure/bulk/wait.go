package bulk

import "time"

// Wait says why a run sends nothing, and for how long. The zero Wait says that it sends.
type Wait struct {
	Cause  Result    // the latest failure
	Since  time.Time // when the run began to wait
	Probe  time.Time // when the next id is sent, alone; not after GiveUp
	GiveUp time.Time // when the run stops
}
