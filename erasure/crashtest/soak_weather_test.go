package crashtest

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// turnWeather lets one provider be down, refuse its key, or work perfectly for a while.
// Before and after, it fails as [system.misbehave] says.
func (k *soak) turnWeather(ctx context.Context, random *rand.Rand) {
	sim := k.sims[providerNames[random.IntN(len(providerNames))]]
	always := func(f providersim.Fault) {
		sim.Misbehave(func(int) providersim.Fault { return f })
		sim.MisbehaveReads(func(string) providersim.Fault { return f })
	}
	kinds := []func(){
		func() { always(providersim.Unavailable(time.Second)) },
		func() { always(providersim.Hang()) },
		func() { always(providersim.OK()) },
	}
	if k.length > 0 { // the next check of a connection that is paused may come in minutes
		kinds = append(kinds, func() { always(providersim.Fail(401)) })
	}
	kinds[random.IntN(len(kinds))]()
	pause(ctx, k.moment(random, time.Minute))
	sim.MisbehaveReads(nil)
	k.misbehave(random.Uint64())
	k.did.weathers.Add(1)
}

// clearWeather lets all providers work.
func (k *soak) clearWeather() {
	k.behave()
	for _, sim := range k.sims {
		sim.MisbehaveReads(nil)
	}
}
