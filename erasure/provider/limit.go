package provider

import (
	"context"
	"errors"

	"golang.org/x/time/rate"
)

// Limits bound what is sent to one connection.
type Limits struct {
	// PerSecond is how many requests start per second, on average: in this process, or
	// in all that share their turns, see [Connection.ShareTurns]. Defaults to 5; that
	// number is this project's, not a provider's.
	PerSecond float64
	// Concurrency is how many requests are in progress at once, and how many may start
	// together after a pause: in this process, or in all that divide it, see
	// [Connection.SetSlots]. Defaults to 4.
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
	slots slots
}

func newLimiter(l Limits) *limiter {
	return &limiter{turns: rate.NewLimiter(rate.Limit(l.PerSecond), l.Concurrency), slots: slots{size: l.Concurrency}}
}

// entered marks the context of what has a slot of the limiter.
type entered struct{ *limiter }

// enter waits for a slot, for requests one after the other. They are made with the context
// that it returns, and leave frees the slot. A context that has one already keeps it. It
// fails if ctx ends or giveUp is closed first.
func (l *limiter) enter(ctx context.Context, giveUp <-chan struct{}) (inside context.Context, leave func(), err error) {
	if ctx.Value(entered{l}) != nil {
		return ctx, func() {}, nil
	}
	if err := l.slots.take(ctx, giveUp); err != nil {
		return nil, nil, err
	}
	return context.WithValue(ctx, entered{l}, true), l.slots.free, nil
}

var errSlotsOver = errors.New("this process has not renewed its share of the connection in time")

// wait blocks until a request of what has a slot may start. It fails at once if ctx would
// end before that.
func (l *limiter) wait(ctx context.Context) error {
	if err := l.turns.Wait(ctx); err != nil {
		return err
	}
	if l.slots.over() {
		return errSlotsOver
	}
	return nil
}
