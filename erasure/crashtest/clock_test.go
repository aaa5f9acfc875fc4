package crashtest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// flaky is a provider that fails every second request.
type flaky struct {
	name  string
	calls atomic.Int64
}

func (f *flaky) Name() string { return f.name }

func (*flaky) Check(context.Context) erasure.Outcome {
	return erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: erasure.ReasonNoCheck}
}

func (f *flaky) Erase(context.Context, erasure.Progress) erasure.Outcome {
	if f.calls.Add(1)%2 == 1 {
		return erasure.Outcome{Kind: erasure.OutcomeRetry, Reason: "http_503", Status: 503}
	}
	return erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204}
}

// embedded is the service in this process, on a system's database.
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

// delete sends deletes of a customer until one is accepted: on a slow disk the
// database may be busy for longer than the service waits.
func (e *embedded) delete(s *system, id string) {
	s.t.Helper()
	var r api.DeleteCustomerRequestObject
	r.CustomerID, r.Params.AccountCode = id, s.keys.AccountCode
	await.OK(s.t, "the delete is accepted", func() error {
		response, err := e.service.DeleteCustomer(s.t.Context(), r)
		if _, ok := response.(api.DeleteCustomer202Response); err == nil && !ok {
			err = await.Final(fmt.Errorf("got %T, want 202", response))
		}
		return err
	})
}

// waitUntilDone waits until no erasure is in progress.
func (e *embedded) waitUntilDone(s *system) {
	s.t.Helper()
	await.OK(s.t, "every erasure is final", func() error {
		open, err := e.store.ListErasures(s.t.Context(), erasure.ErasureFilter{State: erasure.ErasureInProgress, Limit: 1000})
		if err == nil && len(open) > 0 {
			err = await.Remaining(len(open))
		}
		return err
	})
}

// The clock is set back again and again, between an acceptance and its attempts, and
// between two attempts. Everything is completed, later if necessary.
func TestClockJumpsBack(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		const customers = 20
		s := newSystem(t, database)
		subjects := newSubjects(customers)
		s.importCustomers(records(subjects)...)
		var back atomic.Int64 // how slow the clock is
		var providers []erasure.Provider
		for _, name := range providerNames {
			providers = append(providers, &flaky{name: name})
		}
		log := &testbinary.Output{}
		e := s.embed(providers, jobs.Config{Logger: slog.New(slog.NewTextHandler(log, nil))}, erasure.Config{
			MaxBackoff: 100 * time.Millisecond,
			Now:        func() time.Time { return time.Now().Add(-time.Duration(back.Load())) },
		})
		for _, c := range subjects {
			e.delete(s, c.id)
			back.Add(int64(100 * time.Millisecond))
			e.delete(s, c.id) // in progress: accepted, and nothing more
		}
		e.waitUntilDone(s)
		all, lost := s.erasures(e.store), 0
		for _, c := range subjects {
			found := all[c.id]
			if len(found) != 1 || found[0].State != erasure.ErasureCompleted || len(found[0].Targets) != 3 {
				t.Fatalf("%s: %+v, want one erasure, completed, of three targets", c.id, found)
			}
			for _, target := range found[0].Targets {
				lost += lostAttempts(target)
				if problem := wrongSteps(target); target.State != erasure.TargetSucceeded || problem != "" {
					t.Errorf("%s at %s: %s: %+v", c.id, target.Provider, problem, target)
				}
			}
		}
		// The service makes an attempt again whose result it could not record in time.
		if failed := bytes.Count(log.Bytes(), []byte("job failed, will be tried again")); lost > failed {
			t.Errorf("%d attempts began again, and only %d had failed:\n%s", lost, failed, log.Tail())
		}
		s.verifyJobs(e.store, 3*customers)
	})
}
