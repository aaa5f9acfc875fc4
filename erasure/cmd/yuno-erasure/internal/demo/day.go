package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// dayErasures is the number of erasures of the simulated day.
const dayErasures = 240

// fillDay writes a day of erasures into the database, as they would be after the service had
// run since yesterday: most are complete, some wait for a person. It is the same day each
// time.
func fillDay(ctx context.Context, store *sqlstore.Store, account string, now time.Time) error {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // nobody has to be unable to guess it
	customers, past := make([]erasure.Customer, dayErasures), make([]pastErasure, dayErasures)
	for i := range past {
		past[i] = newPastErasure(i, now, random)
		customers[i] = erasure.Customer{ID: past[i].customer, Personal: []byte(`{}`), Connections: past[i].connections}
	}
	if err := store.Import(ctx, account, customers); err != nil {
		return err
	}
	// Together, so that the database writes many of them at once.
	errs := make([]error, len(past))
	var all sync.WaitGroup
	for i := range past {
		all.Go(func() { errs[i] = past[i].write(ctx, store, account) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// pastErasure is one erasure of the simulated day.
type pastErasure struct {
	customer    string
	accepted    time.Time
	connections []erasure.Connection
	attempts    map[string][]pastAttempt // by provider
	// resolvedAfter is when somebody closed what has no API; 0 if nobody has yet.
	resolvedAfter time.Duration
}

// pastAttempt is an attempt at a provider.
type pastAttempt struct {
	after  time.Duration // since the attempt before, or the acceptance
	state  erasure.TargetState
	reason string
	status int
}

func newPastErasure(i int, now time.Time, random *rand.Rand) pastErasure {
	p := pastErasure{
		customer: fmt.Sprintf("%08x-1111-4111-8111-%012x", random.Uint32(), i),
		accepted: busyTime(now, random),
		attempts: map[string][]pastAttempt{},
	}
	if now.Sub(p.accepted) > 8*time.Hour {
		p.resolvedAfter = time.Duration(30+random.IntN(300)) * time.Minute
	}
	soon := func() time.Duration { return time.Duration(1+random.IntN(9_000)) * time.Millisecond }
	providers := []string{"stripe", []string{"mollie", pausedConnection}[random.IntN(2)], "old-gateway"}[:1+[]int{0, 1, 1, 1, 1, 1, 2}[random.IntN(7)]]
	for _, provider := range providers {
		p.connections = append(p.connections, erasure.Connection{Provider: provider, References: erasure.References{Customer: fmt.Sprintf("past_%s_%d", provider, i)}})
		if random.IntN(7) == 0 && provider != "old-gateway" {
			p.attempts[provider] = append(p.attempts[provider], pastAttempt{soon(), erasure.TargetPending, "http_503", 503})
		}
		p.attempts[provider] = append(p.attempts[provider], lastAttempt(provider, p.accepted, now, soon(), random))
	}
	return p
}

// busyTime returns a time in the last day, by day more often than by night.
func busyTime(now time.Time, random *rand.Rand) time.Time {
	for {
		at := now.Add(-2*time.Minute - time.Duration(random.Int64N(int64(24*time.Hour-2*time.Minute))))
		if sun := math.Sin(math.Pi * (float64(at.UTC().Hour()) - 6) / 14); random.Float64() < 0.15+0.85*max(sun, 0) {
			return at
		}
	}
}

// byDemo returns a context for one action on the page.
func byDemo(ctx context.Context) context.Context {
	return sqlstore.WithActor(ctx, erasure.Actor{Name: "demo", Via: erasure.ViaPage})
}

// lastAttempt returns how a target ended. For two hours, a key had expired.
func lastAttempt(provider string, accepted, now time.Time, after time.Duration, random *rand.Rand) pastAttempt {
	ago := now.Sub(accepted)
	switch {
	case provider == "old-gateway":
		return pastAttempt{after, erasure.TargetActionRequired, "ask_by_hand", 0}
	case provider == pausedConnection && ago > 4*time.Hour && ago < 7*time.Hour:
		return pastAttempt{after, erasure.TargetActionRequired, erasure.ReasonKeyRefused, 401}
	case provider == "mollie", provider == pausedConnection:
		return pastAttempt{after, erasure.TargetSucceeded, "", 204}
	case random.IntN(12) == 0:
		return pastAttempt{after + time.Duration(random.IntN(90))*time.Minute, erasure.TargetSucceeded, "payment_history_kept", 200}
	}
	return pastAttempt{after, erasure.TargetSucceeded, "payment_history_kept", 200}
}

// write writes the erasure with the times of the past. It gives the queue no jobs: all of its
// targets have ended.
func (p pastErasure) write(ctx context.Context, store *sqlstore.Store, account string) error {
	noJobs := func(context.Context, *sql.Tx, []erasure.Job) error { return nil }
	e, err := store.Accept(ctx, erasure.AcceptRequest{
		AccountCode: account, CustomerID: p.customer, At: p.accepted, Deadline: p.accepted.Add(30 * 24 * time.Hour),
	}, noJobs)
	if err != nil {
		return err
	}
	for _, target := range e.Targets {
		at := p.accepted
		for _, a := range p.attempts[target.Provider] {
			at = at.Add(a.after)
			attempt, err := store.Begin(ctx, target.ID, at)
			if err != nil {
				return err
			}
			at = at.Add(80 * time.Millisecond)
			finish := erasure.FinishRequest{
				TargetID: target.ID, Attempt: attempt.Target.Attempts, At: at, State: a.state, Reason: a.reason, Status: a.status,
				Keep: 72 * time.Hour,
			}
			if a.state == erasure.TargetPending {
				finish.NextAt = at
			}
			if err := store.Finish(ctx, finish, nil); err != nil {
				return err
			}
		}
		if p.resolvedAfter > 0 && target.Provider == "old-gateway" {
			if err := store.Resolve(byDemo(ctx), target.ID, "asked by telephone; deletion confirmed", at.Add(p.resolvedAfter)); err != nil {
				return err
			}
		}
	}
	return nil
}
