package daemon

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

const (
	// keyFilePeriod is how often the master key file is checked, and how often the process
	// says which keys it has.
	keyFilePeriod = sqlstore.SeeEvery
	// destroyEvery is how often it is checked whether a master key is to be destroyed.
	destroyEvery = time.Hour
	// saying is the time to say that the process ends.
	saying = 5 * time.Second
)

// startKeys says which master keys this process has, before it seals anything, and goes on
// to do so. It follows the key file and destroys older keys that were replaced at least
// keep ago; 0 keeps them. Call stop when nothing is sealed any more.
func (d *Daemon) startKeys(ctx context.Context, role string, keep time.Duration) (stop func(), err error) {
	host, _ := os.Hostname()
	process := sqlstore.NewProcess(fmt.Sprintf("%s:%d", host, os.Getpid()), role, time.Now())
	if err := d.store.SeeProcess(ctx, process, time.Now()); err != nil {
		return nil, err
	}
	// It goes on while the last requests and jobs finish.
	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { d.followKeys(following, process) })
	if keep > 0 {
		done.Go(func() { d.destroyKeys(following, keep) })
	}
	return func() {
		cancel()
		done.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saying)
		defer cancel()
		_ = d.store.ForgetProcess(ctx, process.ID) // it is forgotten anyway, in a while
	}, nil
}

// followKeys loads the master key file again whenever it was rotated, and says which keys
// this process has, until ctx ends.
func (d *Daemon) followKeys(ctx context.Context, process sqlstore.Process) {
	tick := time.NewTicker(keyFilePeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch changed, err := d.reloadKeys(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			d.log.Warn("the master key file was not loaded", "err", err)
		case changed:
			d.log.Info("loaded the rotated master key file")
		}
		if err := d.seeProcess(ctx, process); err != nil && ctx.Err() == nil {
			d.log.Warn("this process could not say which master keys it has", "err", err)
		}
	}
}

// reloadKeys and seeProcess have a time limit: a database that does not respond would
// otherwise silence this process for good.
func (d *Daemon) reloadKeys(ctx context.Context) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, keyFilePeriod)
	defer cancel()
	return d.store.ReloadKeys(ctx)
}

func (d *Daemon) seeProcess(ctx context.Context, process sqlstore.Process) error {
	ctx, cancel := context.WithTimeout(ctx, keyFilePeriod)
	defer cancel()
	return d.store.SeeProcess(ctx, process, time.Now())
}

// destroyKeys destroys older master keys when their time is over, until ctx ends.
func (d *Daemon) destroyKeys(ctx context.Context, keep time.Duration) {
	tick := time.NewTicker(destroyEvery)
	defer tick.Stop()
	for {
		d.destroyDueKeys(ctx, keep)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// destroyDueKeys logs what came of it. What the end of ctx interrupts is no failure.
func (d *Daemon) destroyDueKeys(ctx context.Context, keep time.Duration) {
	now := time.Now()
	due, err := d.store.DueKeys(ctx, now, keep)
	if err != nil && ctx.Err() == nil {
		d.log.Warn("it is unknown whether older master keys are to be destroyed; it is tried again in an hour", "err", err)
	}
	if err != nil || len(due) == 0 {
		return
	}
	path := d.store.KeyFile()
	if path == "" {
		d.log.Warn("older master keys are to be destroyed: remove them from "+seal.EnvKey+", where they are after the first, and restart", "keys", due)
		return
	}
	dropped, err := d.dropKeys(ctx, path, sqlstore.DropRequest{At: now, Keep: keep})
	if len(dropped) > 0 {
		d.log.Info("destroyed older master keys in the key file: destroy every copy of it that has them", "keys", dropped, "file", path)
	}
	switch {
	case err == nil || ctx.Err() != nil:
	case len(dropped) > 0:
		d.log.Warn("the database does not say yet that master keys were destroyed", "err", err, "try", tryDrop)
	default:
		d.log.Warn("older master keys are to be destroyed, and are not; it is tried again in an hour", "err", err, "try", tryDrop)
	}
}

const tryDrop = "yuno-erasure keys drop-older"

func (d *Daemon) dropKeys(ctx context.Context, path string, r sqlstore.DropRequest) (dropped []seal.KeyID, err error) {
	unlock, err := database.LockKeyFile(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return d.store.DropKeys(ctx, r)
}
