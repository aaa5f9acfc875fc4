package daemon

import (
	"context"
	"time"
)

// keyFilePeriod is how often the master key file is checked. A rotation is in force
// in the whole service once this much time has passed.
const keyFilePeriod = 10 * time.Second

// followKeyFile loads the master key file again whenever it was rotated, until ctx
// ends.
func (d *Daemon) followKeyFile(ctx context.Context) {
	tick := time.NewTicker(keyFilePeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch changed, err := d.store.ReloadKeys(); {
		case err != nil:
			d.log.Warn("the master key file was not loaded", "err", err)
		case changed:
			d.log.Info("loaded the rotated master key file")
		}
	}
}
