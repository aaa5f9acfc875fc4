package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// Config adjusts a [Service]. Its zero value is ready to use.
type Config struct {
	// Deadline is how long an erasure may take before its open targets fail.
	// Raise it when your law gives you longer. Defaults to 30 days.
	Deadline time.Duration

	// AttemptTimeout bounds one attempt at a provider, all its calls included.
	// It must stay below the queue's job timeout. Defaults to 40 s.
	AttemptTimeout time.Duration

	// MinBackoff is the wait after the first attempt; it doubles with each one.
	// Defaults to 15 s.
	MinBackoff time.Duration

	// MaxBackoff caps the wait between two attempts. Defaults to 6 h.
	MaxBackoff time.Duration

	// Now is the clock, for tests. Defaults to time.Now.
	Now func() time.Time

	// Logger gets one line an outcome, with opaque ids only. Defaults to silence.
	Logger *slog.Logger

	// Observe, if set, is told of every outcome, for metrics.
	Observe func(provider string, o Outcome)
}

func (c Config) withDefaults() Config {
	if c.Deadline == 0 {
		c.Deadline = 30 * 24 * time.Hour
	}
	if c.AttemptTimeout == 0 {
		c.AttemptTimeout = 40 * time.Second
	}
	if c.MinBackoff == 0 {
		c.MinBackoff = 15 * time.Second
	}
	if c.MaxBackoff == 0 {
		c.MaxBackoff = 6 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(string, Outcome) {}
	}
	return c
}

func (c Config) validate() error {
	var errs []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"Deadline", c.Deadline}, {"AttemptTimeout", c.AttemptTimeout}, {"MinBackoff", c.MinBackoff}, {"MaxBackoff", c.MaxBackoff}} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("%s is %v: want a positive duration", d.name, d.value))
		}
	}
	return errors.Join(errs...)
}

// Service accepts deletes and works on their targets. It is safe for concurrent
// use.
type Service struct {
	store     Store
	enqueue   EnqueueFunc
	providers map[string]Provider
	cfg       Config
}

var _ api.StrictServerInterface = (*Service)(nil)

// NewService returns a service over a store. enqueue is the queue whose jobs
// come back through [Service.Attempt]. A provider's name may be used once.
func NewService(store Store, enqueue EnqueueFunc, providers []Provider, cfg Config) (*Service, error) {
	cfg = cfg.withDefaults()
	errs := []error{cfg.validate()}
	s := &Service{store: store, enqueue: enqueue, providers: map[string]Provider{}, cfg: cfg}
	for _, p := range providers {
		if s.providers[p.Name()] != nil {
			errs = append(errs, fmt.Errorf("two providers are named %q", p.Name()))
		}
		s.providers[p.Name()] = p
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// DeleteCustomer accepts the delete of a live customer of the account, and
// answers 202 once that is durable. It implements [api.StrictServerInterface];
// the account's keys have been checked by then.
func (s *Service) DeleteCustomer(ctx context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	now := s.cfg.Now()
	e, err := s.store.Accept(ctx, AcceptRequest{
		AccountCode: r.Params.AccountCode,
		CustomerID:  r.CustomerID,
		At:          now,
		Deadline:    now.Add(s.cfg.Deadline),
	}, s.enqueue)
	switch {
	case errors.Is(err, ErrCustomerNotFound):
		return api.DeleteCustomer400JSONResponse{Code: "CUSTOMER_NOT_FOUND", Messages: []string{"Customer not found."}}, nil
	case err != nil:
		return nil, fmt.Errorf("accepting a delete: %w", err)
	}
	s.cfg.Logger.InfoContext(ctx, "accepted", "erasure", e.ID, "targets", len(e.Targets))
	return api.DeleteCustomer202Response{}, nil
}

// Attempt makes one attempt at a target. It returns when to try again, or the
// zero time when the target is final; complete then ran in the transaction that
// made it so. complete does not run for a target that somebody else brought to
// its end.
//
// An error means that nothing was recorded: the attempt is made again when the
// queue says so.
func (s *Service) Attempt(ctx context.Context, targetID string, complete TxFunc) (again time.Time, err error) {
	attempt, err := s.store.Begin(ctx, targetID, s.cfg.Now())
	var notDue *NotDueError
	var outcome Outcome
	switch {
	case err == nil:
		outcome = s.erase(ctx, attempt)
	case errors.Is(err, ErrUnreadable):
		outcome = Outcome{Kind: OutcomeActionRequired, Reason: "references_unreadable"}
	case errors.As(err, &notDue):
		return notDue.NextAt, nil
	case errors.Is(err, ErrSuperseded), errors.Is(err, ErrNotFound):
		return time.Time{}, nil
	default:
		return time.Time{}, fmt.Errorf("beginning an attempt: %w", err)
	}
	s.cfg.Observe(attempt.Target.Provider, outcome)
	finish := s.finish(attempt, outcome)
	if ctx.Err() != nil && finish.State == TargetPending && outcome.Kind == OutcomeRetry {
		finish.NextAt = finish.At // this process was asked to stop; the provider has not refused
	}
	if !finish.State.Final() {
		complete, again = nil, finish.NextAt
	}
	// What the provider did is recorded even when this process is asked to stop.
	recordCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = s.store.Finish(recordCtx, finish, complete)
	switch {
	case errors.Is(err, ErrSuperseded):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("recording an attempt: %w", err)
	}
	s.cfg.Logger.InfoContext(ctx, "attempted", "erasure", attempt.Target.ErasureID, "target", targetID,
		"provider", attempt.Target.Provider, "attempt", attempt.Target.Attempts,
		"state", finish.State, "reason", finish.Reason, "status", finish.Status)
	return again, nil
}

// erase asks the provider. Whatever goes wrong in there is an outcome.
func (s *Service) erase(ctx context.Context, attempt Attempt) (o Outcome) {
	provider := s.providers[attempt.Target.Provider]
	if provider == nil {
		return Outcome{Kind: OutcomeActionRequired, Reason: "provider_not_configured"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AttemptTimeout)
	defer cancel()
	defer func() {
		if recover() != nil { // its text may hold anything
			o = Outcome{Kind: OutcomeRetry, Reason: "panic"}
		}
	}()
	return provider.Erase(ctx, attempt.References)
}

// finish turns an outcome into the target's next state.
func (s *Service) finish(attempt Attempt, o Outcome) FinishRequest {
	now := s.cfg.Now()
	f := FinishRequest{
		TargetID: attempt.Target.ID, Attempt: attempt.Target.Attempts,
		At: now, Reason: o.Reason, Status: o.Status,
	}
	switch o.Kind {
	case OutcomeSucceeded:
		f.State = TargetSucceeded
	case OutcomeAlreadyGone:
		f.State = TargetAlreadyGone
	case OutcomeNotSupported:
		f.State = TargetNotSupported
	case OutcomeActionRequired:
		f.State = TargetActionRequired
	case OutcomeDeferred:
		// May lie past the deadline: the provider has said when, and failing
		// before that would only make a person ask again. It shows as overdue.
		f.State, f.NextAt, f.Left = TargetPending, o.Until, o.Left
	default:
		if !now.Before(attempt.Deadline) {
			f.State = TargetFailed
			break
		}
		wait := max(s.backoff(attempt.Target.Attempts), o.After)
		f.State, f.NextAt, f.Left = TargetPending, now.Add(wait), o.Left
		if f.NextAt.After(attempt.Deadline) {
			f.NextAt = attempt.Deadline // one last attempt, whatever the provider asks
		}
	}
	return f
}

// backoff doubles from MinBackoff to MaxBackoff, plus or minus a fifth so that
// attempts that failed together do not come back together.
func (s *Service) backoff(attempts int) time.Duration {
	wait := s.cfg.MinBackoff
	for range attempts - 1 {
		if wait >= s.cfg.MaxBackoff {
			break // before doubling overflows
		}
		wait *= 2
	}
	wait = min(wait, s.cfg.MaxBackoff)
	return wait - wait/5 + rand.N(wait*2/5+1)
}

// Sweep enqueues anew the targets whose jobs seem lost: not final, and due
// before the given age. It is a safety net: a job that is still there finds its
// target begun or not due, and ends. It returns how many it enqueued.
func (s *Service) Sweep(ctx context.Context, age time.Duration, enqueue func(context.Context, []Job) error) (int, error) {
	jobs, err := s.store.Stranded(ctx, s.cfg.Now().Add(-age), 1000)
	if err != nil || len(jobs) == 0 {
		return 0, err
	}
	if err := enqueue(ctx, jobs); err != nil {
		return 0, err
	}
	return len(jobs), nil
}
