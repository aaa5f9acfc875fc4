package crashtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// flaky is a provider that wants to be asked twice.
type flaky struct {
	name  string
	asked atomic.Int64
}

func (f *flaky) Name() string { return f.name }

func (f *flaky) Erase(context.Context, erasure.References) erasure.Outcome {
	if f.asked.Add(1)%2 == 1 {
		return erasure.Outcome{Kind: erasure.OutcomeRetry, Reason: "http_503", Status: 503}
	}
	return erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204}
}

// embedded is the service in this process, over a system's database.
type embedded struct {
	store   *sqlstore.Store
	service *erasure.Service
	queue   *jobs.Queue
}

// embed starts the service in this process.
func (s *system) embed(providers []erasure.Provider, queueConfig jobs.Config, config erasure.Config) *embedded {
	s.t.Helper()
	e := &embedded{store: s.open()}
	queue, err := jobs.Open(s.t.Context(), e.store, queueConfig)
	if err != nil {
		s.t.Fatal(err)
	}
	e.queue = queue
	if e.service, err = erasure.NewService(e.store, queue.Enqueue, providers, config); err != nil {
		s.t.Fatal(err)
	}
	if err := queue.Start(s.t.Context(), e.service); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := queue.Stop(context.Background()); err != nil {
			s.t.Error(err)
		}
		queue.Close()
	})
	return e
}

// delete asks as a request with the account's keys would.
func (e *embedded) delete(ctx context.Context, s *system, id string) error {
	var r api.DeleteCustomerRequestObject
	r.CustomerID, r.Params.AccountCode = id, s.keys.AccountCode
	answer, err := e.service.DeleteCustomer(ctx, r)
	if _, ok := answer.(api.DeleteCustomer202Response); err == nil && !ok {
		err = fmt.Errorf("%T", answer)
	}
	return err
}

// waitUntilDone waits until no erasure is in progress.
func (e *embedded) waitUntilDone(s *system, within time.Duration) {
	s.t.Helper()
	s.eventually(within, "every erasure is final", func(ctx context.Context) error {
		open, err := e.store.ListErasures(ctx, erasure.ErasureFilter{State: erasure.ErasureInProgress, Limit: 1})
		if err == nil && len(open) > 0 {
			err = errors.New("some are in progress")
		}
		return err
	})
}

// The clock is set back again and again, between an acceptance and its attempts,
// and between an attempt and the next: everything gets done, later if need be.
func TestClockJumpsBack(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		const customers = 20
		s := newSystem(t, database)
		subjects := newSubjects(customers)
		for _, c := range subjects {
			s.importCustomers(c.record())
		}
		var back atomic.Int64 // by how much the clock is slow
		var providers []erasure.Provider
		for _, name := range providerNames {
			providers = append(providers, &flaky{name: name})
		}
		e := s.embed(providers, jobs.Config{}, erasure.Config{
			MaxBackoff: 100 * time.Millisecond,
			Now:        func() time.Time { return time.Now().Add(-time.Duration(back.Load())) },
		})
		for _, c := range subjects {
			if err := e.delete(t.Context(), s, c.id); err != nil {
				t.Error(err)
			}
			back.Add(int64(100 * time.Millisecond))
			if err := e.delete(t.Context(), s, c.id); err != nil { // in progress: accepted, and nothing more
				t.Error(err)
			}
		}
		e.waitUntilDone(s, time.Minute)
		all := s.erasures(e.store)
		for _, c := range subjects {
			found := all[c.id]
			if len(found) != 1 || found[0].State != erasure.ErasureCompleted || len(found[0].Targets) != 3 {
				t.Fatalf("%s: %+v, want one erasure, completed, of three targets", c.id, found)
			}
			for _, target := range found[0].Targets {
				n, states := 0, ""
				for _, step := range target.Evidence {
					n, states = max(n, step.Attempt), states+" "+string(step.State)
				}
				if target.State != erasure.TargetSucceeded || n != target.Attempts || len(target.Evidence) != 2*n {
					t.Errorf("%s at %s: %d attempts, %s", c.id, target.Provider, target.Attempts, states)
				}
			}
		}
		s.verifyJobs(e.store, 3*customers)
	})
}
