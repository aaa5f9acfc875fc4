package erasure

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/server"
)

// Operation is the only operation of the contract that a [Service] serves, as
// [server.WithOperations] names it.
const Operation = "DELETE /customers/{customer_id}"

// Store is the part of the database that a [Service] uses. It must be safe for
// concurrent use. *sqlstore.Store implements it, and its methods have the full
// contract.
type Store interface {
	Accept(ctx context.Context, r AcceptRequest, enqueue EnqueueFunc) (Erasure, error)
	Begin(ctx context.Context, targetID string, at time.Time) (Attempt, error)
	Finish(ctx context.Context, r FinishRequest, complete TxFunc) error

	SweepStore
	ConnectionStore
	SlotStore
}

// Service accepts deletes and makes attempts at their targets. It is safe for
// concurrent use.
//
// Of the contract's operations it offers only the delete. It keeps what finding and
// erasing a customer needs and forgets the rest, so it has no customers to return and
// responds to the operations that retrieve them with 405 UNSUPPORTED_METHOD.
type Service struct {
	server.Unsupported

	store   Store
	enqueue EnqueueFunc
	watches map[string]*watch // by name of the provider
	process string            // an id of this process, see SlotRequest
	cfg     Config

	sweptUpTo *Stranded // where the next Sweep goes on; used by Sweep only
	riskUpTo  time.Time // up to when erasures at risk were logged; used by Sweep only

	keyWaits keyWaits

	mu          sync.Mutex
	connections []ConnectionState // as last read
	seenAt      time.Time         // of the last SeeConnections
	steadiness  Steadiness        // of SeeConnections
}

// recordTimeout is the time to record an outcome, even if the process was asked to stop.
const recordTimeout = 5 * time.Second

var _ api.StrictServerInterface = (*Service)(nil)

// NewService returns a service over a store. enqueue puts jobs into the queue that
// calls [Service.Attempt]. The error reports every argument that is nil, every invalid
// field of cfg, and every provider name that is used twice.
func NewService(store Store, enqueue EnqueueFunc, providers []Provider, cfg Config) (*Service, error) {
	cfg = cfg.withDefaults()
	errs := []error{cfg.validate()}
	s := &Service{
		store: store, enqueue: enqueue, watches: map[string]*watch{}, process: rand.Text(), cfg: cfg,
		steadiness: NewSteadiness(cfg.HeartbeatTimeout),
	}
	if wire.IsNil(store) {
		errs = append(errs, errors.New("the store is nil"))
	}
	if enqueue == nil {
		errs = append(errs, errors.New("enqueue is nil"))
	}
	for i, p := range providers {
		if wire.IsNil(p) {
			errs = append(errs, fmt.Errorf("provider %d is nil", i))
			continue
		}
		if s.watches[p.Name()] != nil {
			errs = append(errs, fmt.Errorf("two providers are named %q", p.Name()))
		}
		s.watches[p.Name()] = &watch{provider: p}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// DeleteCustomer accepts the delete of a live customer of the account, and returns
// 202 once that is durable. A customer whom this account has erased before gets the
// response for an unknown one, with [server.ErasureStateHeader]. It implements [api.StrictServerInterface]. The caller
// has checked the account's keys.
func (s *Service) DeleteCustomer(ctx context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	now := s.cfg.Now()
	e, err := s.store.Accept(ctx, AcceptRequest{
		AccountCode: r.Params.AccountCode,
		CustomerID:  r.CustomerID,
		At:          now,
		Deadline:    now.Add(s.cfg.Deadline),
	}, s.enqueue)
	var missing *KeyMissingError
	var erased *ErasedError
	switch {
	case errors.As(err, &missing):
		return waitingForKey{min(s.waitForKey(ctx, missing).Sub(now), maxRetryAfter)}, nil
	case errors.As(err, &erased):
		return erasedBefore{erased.State}, nil
	case errors.Is(err, ErrCustomerNotFound):
		return customerNotFound, nil
	case err != nil:
		return nil, fmt.Errorf("accepting a delete: %w", err)
	}
	if e.State != ErasureInProgress { // the customer had no providers
		s.cfg.Ended(ctx, EndedErasure{State: e.State})
	}
	if e.State == ErasureInProgress && len(e.Targets) == 0 { // nothing new, however often it is repeated
		s.cfg.Logger.DebugContext(ctx, "accepted before", "erasure", e.ID)
		return api.DeleteCustomer202Response{}, nil
	}
	s.cfg.Logger.InfoContext(ctx, "accepted", "erasure", e.ID, "targets", len(e.Targets))
	return api.DeleteCustomer202Response{}, nil
}

var customerNotFound = api.DeleteCustomer400JSONResponse{Code: wire.CodeCustomerNotFound, Messages: []string{"Customer not found."}}

// erasedBefore is the response to a delete of a customer whom the account has erased: the
// one for an unknown customer, as the contract has it, and a header with the state of the
// erasure. Without the header, an erasure that needs a person would look as if nothing
// was left to do.
type erasedBefore struct{ state ErasureState }

// VisitDeleteCustomerResponse implements [api.DeleteCustomerResponseObject].
func (r erasedBefore) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	w.Header().Set(server.ErasureStateHeader, string(r.state))
	return customerNotFound.VisitDeleteCustomerResponse(w)
}

// Attempt makes one attempt at a target. It returns when to try again, or the zero
// time when the target is final. complete runs in the transaction that makes the
// target final; it does not run if a different call has done that already.
//
// A process that lacks the master key of the references makes no attempt, and records
// none: it returns when to look again. An error means that nothing was recorded. The
// queue decides when to make the attempt again.
func (s *Service) Attempt(ctx context.Context, targetID string, complete TxFunc) (again time.Time, err error) {
	attempt, err := s.store.Begin(ctx, targetID, s.cfg.Now())
	var notDue *NotDueError
	var missing *KeyMissingError
	var outcome Outcome
	var asked time.Duration
	switch {
	case err == nil:
		begun := time.Now()
		outcome = s.askProvider(ctx, attempt)
		asked = time.Since(begun)
	case errors.As(err, &missing):
		return s.waitForKey(ctx, missing), nil
	case errors.Is(err, ErrUnreadable):
		outcome = Outcome{Kind: OutcomeActionRequired, Reason: ReasonReferencesUnreadable}
	case errors.As(err, &notDue):
		return notDue.NextAt, nil
	case errors.Is(err, ErrSuperseded), errors.Is(err, ErrNotFound):
		return time.Time{}, nil
	default:
		return time.Time{}, fmt.Errorf("beginning an attempt: %w", err)
	}
	s.observe(ctx, attempt.Target.Provider, outcome)
	report := AttemptReport{
		ErasureID: attempt.Target.ErasureID, TargetID: targetID, Provider: attempt.Target.Provider, Attempt: attempt.Target.Attempts,
		Kind: outcome.Kind, Reason: outcome.Reason, Status: outcome.Status, Asked: asked,
	}
	defer func() { s.cfg.Observe(ctx, report) }()
	finish := s.finishRequest(attempt, outcome)
	if ctx.Err() != nil && finish.State == TargetPending && outcome.Kind == OutcomeRetry && outcome.Status == 0 {
		finish.NextAt = finish.At // this process was asked to stop; the provider has not refused
	}
	again, recorded, err := s.record(ctx, attempt, finish, complete)
	if recorded {
		report.State, report.StateReason = finish.State, finish.Reason
	}
	return again, err
}

// record writes down how an attempt ended, and returns what [Service.Attempt] does, and
// whether it was written down.
func (s *Service) record(ctx context.Context, attempt Attempt, finish FinishRequest, complete TxFunc) (again time.Time, recorded bool, err error) {
	if !finish.State.Final() {
		complete, again = nil, finish.NextAt
	}
	// The outcome is recorded even if this process was asked to stop meanwhile.
	recordCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	finish.Ended = func(state ErasureState, acceptedAt time.Time) {
		s.cfg.Ended(ctx, EndedErasure{State: state, Took: max(finish.At.Sub(acceptedAt), 0)})
	}
	err = s.store.Finish(recordCtx, finish, complete)
	var missing *KeyMissingError
	switch {
	case errors.As(err, &missing): // the attempt counts as lost, and is made again
		return s.waitForKey(ctx, missing), false, nil
	case errors.Is(err, ErrSuperseded):
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, fmt.Errorf("recording an attempt: %w", err)
	}
	s.cfg.Logger.Log(ctx, levelOf(finish.State, finish.Reason), "attempted", "erasure", attempt.Target.ErasureID, "target", attempt.Target.ID,
		"provider", attempt.Target.Provider, "attempt", attempt.Target.Attempts,
		"state", finish.State, "reason", finish.Reason, "status", finish.Status)
	return again, true, nil
}

// askProvider returns every failure as an outcome, including a panic of the
// provider's code and a provider that is not configured.
func (s *Service) askProvider(ctx context.Context, attempt Attempt) (o Outcome) {
	w := s.watches[attempt.Target.Provider]
	if w == nil {
		return Outcome{Kind: OutcomeActionRequired, Reason: ReasonProviderNotConfigured}
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AttemptTimeout)
	defer cancel()
	defer func() {
		if recover() != nil { // the panic's value may contain anything
			o = Outcome{Kind: OutcomeRetry, Reason: "panic"}
		}
	}()
	return w.provider.Erase(ctx, attempt.Progress)
}
