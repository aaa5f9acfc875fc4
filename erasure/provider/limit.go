package provider

import (
	"context"

	"golang.org/x/time/rate"
)

// Limits bound what is sent to one connection.
type Limits struct {
	// PerSecond is how many requests start per second, on average: in this process, or
	// in all that share their turns, see [Connection.ShareTurns]. Defaults to 5; that
	// number is this project's, not a provider's.
	PerSecond float64
	// Concurrency is how many requests of this process are in progress at once, and how
	// many may start together after a pause. Defaults to 4.
	Concurrency int
}

var defaultLimits = Limits{PerSecond: 5, Concurrency: 4}

func readLimits(n node, otherwise Limits) Limits {
	if !n.exists() {
		return otherwise
	}
	fields := n.fields("per_second", "concurrency")
	concurrency := fields["concurrency"].number(1, 10_000, float64(otherwise.Concurrency))
	if concurrency != float64(int(concurrency)) {
		fields["concurrency"].fail("must be a whole number")
	}
	return Limits{
		PerSecond:   fields["per_second"].number(0.001, 1_000_000, otherwise.PerSecond),
		Concurrency: int(concurrency),
	}
}

// limiter enforces the limits of a connection.
type limiter struct {
	turns interface{ Wait(context.Context) error }
	slots chan struct{}
}

func newLimiter(l Limits) *limiter {
	return &limiter{rate.NewLimiter(rate.Limit(l.PerSecond), l.Concurrency), make(chan struct{}, l.Concurrency)}
}

// wait blocks until a request may start. Call done when it has ended. wait fails
// at once if ctx would end before a request may start.
func (l *limiter) wait(ctx context.Context) (done func(), err error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := l.turns.Wait(ctx); err != nil {
		<-l.slots
		return nil, err
	}
	return func() { <-l.slots }, nil
}
