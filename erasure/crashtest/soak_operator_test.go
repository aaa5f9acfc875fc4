package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// deeds counts what was done to the service.
type deeds struct {
	kills, commandKills, restarts atomic.Int64
	databaseKills, busy           atomic.Int64
	rotations, refusals, drops    atomic.Int64
	configurations, weathers      atomic.Int64
	floods, flooding              atomic.Int64
}

func (d *deeds) line() string {
	return fmt.Sprintf("%d kills, %d of commands, %d of the database; %d starts by the supervisor; busy %d times; %d rotations, %d refused drops, %d drops; %d configurations; %d changes of the providers; %d floods of %d requests",
		d.kills.Load(), d.commandKills.Load(), d.databaseKills.Load(), d.restarts.Load(), d.busy.Load(), d.rotations.Load(), d.refusals.Load(), d.drops.Load(),
		d.configurations.Load(), d.weathers.Load(), d.floods.Load(), d.flooding.Load())
}

// rotateKeys rotates the master key, while one process has the older one for a while, and
// drops the older keys once every process has the newest.
func (k *soak) rotateKeys(ctx context.Context, random *rand.Rand) {
	holder := k.any(random)
	holds := holder != nil && k.isServing(holder.service())
	if random.IntN(4) == 0 {
		k.killRotation(ctx, random)
	} else if k.try("keys", "rotate") {
		k.did.rotations.Add(1)
		if holds && holder.service().Running() == nil {
			k.wantDropRefused()
			pause(ctx, k.moment(random, 20*time.Second))
		}
	}
	if holder != nil {
		holder.mu.Unlock()
	}
	k.copyAllKeys()
	if k.length > 0 {
		k.dropOlder(ctx)
	}
}

// killRotation kills the command at a random moment. The next drop-older completes it.
func (k *soak) killRotation(ctx context.Context, random *rand.Rand) {
	p := testbinary.Start(k.t, k.command(context.WithoutCancel(ctx), "keys", "rotate"))
	pause(ctx, k.moment(random, 300*time.Millisecond))
	p.Kill()
	k.did.commandKills.Add(1)
}

func (k *soak) copyAllKeys() {
	for _, sl := range k.slots {
		sl.copyKeys()
	}
}

// wantDropRefused checks that no key is dropped while a process runs that lacks its
// successor.
func (k *soak) wantDropRefused() {
	r := k.system.run("keys", "drop-older")
	if r.code == 0 {
		running, err := k.store.Processes(k.t.Context(), time.Now())
		k.t.Errorf("a key was dropped that a process needs: %s\nprocesses: %+v, %v", r.stdout, running, err)
	}
	k.did.refusals.Add(1)
}

// dropOlder drops the older keys once every process has confirmed the newest. One that was
// killed before counts as running for two minutes, and the command listens for it then.
func (k *soak) dropOlder(ctx context.Context) {
	var last string
	for began := time.Now(); time.Since(began) < 5*time.Minute; {
		away := k.outages()
		r := k.system.run("keys", "drop-older")
		last = r.stderr
		switch {
		case r.code == 0:
			k.did.drops.Add(1)
			return
		case !strings.Contains(r.stderr, unconfirmed) && !k.excused(away):
			k.t.Errorf("keys drop-older: status %d: %s", r.code, r.stderr)
			return
		}
		if !pause(ctx, 5*time.Second) {
			return
		}
	}
	k.t.Errorf("keys are not dropped after 5 minutes: %s", last)
}

// finishRotation leaves one key, which has to open everything.
func (k *soak) finishRotation() {
	k.copyAllKeys()
	k.try("keys", "rotate")
	k.copyAllKeys()
	k.dropOlder(k.t.Context())
	if ids := k.open().KeyIDs(); len(ids) != 1 {
		k.t.Errorf("%d keys are left", len(ids))
	}
}

// changeConfiguration takes a provider away for some time, and changes the limits of all.
func (k *soak) changeConfiguration(ctx context.Context, random *rand.Rand) {
	most := limits{20 + random.IntN(1000), 2 + random.IntN(15)}
	fewer := slices.DeleteFunc(slices.Clone(providerNames), func(name string) bool { return name == leaves })
	k.restartWith(fewer, most)
	pause(ctx, k.moment(random, 15*time.Second))
	k.restartWith(providerNames, most)
	k.did.configurations.Add(1)
}

// restartWith configures providers and restarts the processes that may be restarted.
func (k *soak) restartWith(names []string, most limits) {
	k.writeFile(k.providersFile, k.connections(names, k.urls(), most))
	for _, sl := range k.slots {
		sl.mu.Lock()
		if !sl.steady.Load() && k.isServing(sl.service()) {
			sl.stop()
			sl.start()
		}
		sl.mu.Unlock()
	}
}

// isServing waits until a process serves. It returns false if the process has ended.
func (k *soak) isServing(v *service) bool {
	for v.Running() == nil {
		if served.Match(v.Output.Bytes()) {
			return true
		}
		k.wait(20 * time.Millisecond)
	}
	return false
}
