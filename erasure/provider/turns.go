package provider

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Turns gives turns to the processes that share a connection. *sqlstore.Store implements
// it, and documents the method.
type Turns interface {
	TakeTurns(ctx context.Context, r erasure.TurnRequest) (erasure.Turns, error)
}

// turnHorizon is how far ahead a turn is taken, and how long taking some may last. It is
// well below the time that an attempt has, which may end before a turn that is further
// ahead: the turn would be wasted.
const turnHorizon = 10 * time.Second

var errNoTurn = errors.New("no turn within " + turnHorizon.String())

// ShareTurns makes the connection take its turns from the given source, so that its limit
// of requests per second applies to all processes that do so, together. Call it before the
// connection is used.
func (c *Connection) ShareTurns(turns Turns) {
	c.limiter.turns = &sharedTurns{source: turns, request: erasure.TurnRequest{
		Connection: c.name, Every: max(time.Duration(float64(time.Second)/c.limits.PerSecond), time.Microsecond),
		Burst: c.limits.Concurrency, Horizon: turnHorizon,
	}}
}

// sharedTurns waits for turns of a source. While it asks for some, those that want one
// gather, and it asks for all of them together: asking is a transaction.
type sharedTurns struct {
	source  Turns
	request erasure.TurnRequest // of one turn

	mu      sync.Mutex
	waiting []chan<- turn
	asking  bool
}

// turn is a permission to start at a time, or why there is none.
type turn struct {
	at  time.Time
	err error
}

// Wait blocks until a turn of its own has come. It fails at once if there is none within
// the horizon, or if ctx ends before it.
func (s *sharedTurns) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := make(chan turn, 1)
	s.mu.Lock()
	s.waiting = append(s.waiting, own)
	if !s.asking {
		s.asking = true
		go s.ask()
	}
	s.mu.Unlock()
	select {
	case t := <-own:
		switch {
		case t.err != nil:
			return t.err
		case endsBefore(ctx, time.Until(t.at)):
			return errNoTurn
		}
		return sleepUntil(ctx, t.at)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask takes turns until nobody waits for one.
func (s *sharedTurns) ask() {
	for {
		s.mu.Lock()
		waiting := s.waiting
		s.waiting = nil
		s.asking = len(waiting) > 0
		s.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		request := s.request
		request.N = len(waiting)
		ctx, cancel := context.WithTimeout(context.Background(), turnHorizon)
		turns, err := s.source.TakeTurns(ctx, request)
		cancel()
		first := time.Now().Add(turns.In)
		for i, one := range waiting {
			switch {
			case err != nil:
				one <- turn{err: err}
			case i >= turns.N:
				one <- turn{err: errNoTurn}
			default:
				one <- turn{at: first.Add(time.Duration(i) * request.Every)}
			}
		}
	}
}

func sleepUntil(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
