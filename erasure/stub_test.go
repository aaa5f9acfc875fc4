package erasure

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"
)

// stubStore is a Store whose behaviour the test sets.
type stubStore struct {
	risks    func(after, upTo time.Time) []string
	accept   func(AcceptRequest) (Erasure, error)
	begin    func(at time.Time) (Attempt, error)
	finished []FinishRequest
	complete []bool // whether the call to Finish had a TxFunc, by call
	finish   func(context.Context) error
	stranded []Stranded
	after    []*Stranded // with which Stranded was called
	requeued []Job

	connections []ConnectionState
	seen        []string // by the last SeeConnections
	paused      []PauseRequest
	resumed     []string
	trusted     []string
	recovered   []Recovery
	takenBack   []Job
	recoverErr  error
	hurried     []time.Time
	working     map[string]bool

	slots        int // that every connection gets
	slotRequests []SlotRequest
	left         string // the process that has given up its slots
	orphaned     func(since time.Time) []Job
	overtaken    func(age time.Duration) []Job

	expired func(deadline, begunBefore time.Time) []Job
	lasting func(since time.Time) []Job
	purged  time.Time
}

func (s *stubStore) Accept(_ context.Context, r AcceptRequest, _ EnqueueFunc) (Erasure, error) {
	return s.accept(r)
}

func (s *stubStore) Begin(_ context.Context, _ string, at time.Time) (Attempt, error) {
	return s.begin(at)
}

func (s *stubStore) Finish(ctx context.Context, r FinishRequest, complete TxFunc) error {
	s.finished = append(s.finished, r)
	s.complete = append(s.complete, complete != nil)
	if s.finish != nil {
		return s.finish(ctx)
	}
	return nil
}

func (s *stubStore) Stranded(_ context.Context, _ time.Time, after *Stranded, _ int) ([]Stranded, error) {
	s.after = append(s.after, after)
	return s.stranded, nil
}

func (s *stubStore) Requeue(ctx context.Context, jobs []Job, enqueue EnqueueFunc) error {
	s.requeued = jobs
	return enqueue(ctx, nil, jobs)
}

func (s *stubStore) SeeConnections(_ context.Context, names []string, at time.Time) error {
	s.seen = names
	for _, name := range names {
		if s.connection(name) == nil {
			s.connections = append(s.connections, ConnectionState{Name: name})
		}
		s.connection(name).SeenAt = at
	}
	return nil
}

func (s *stubStore) connection(name string) *ConnectionState {
	for i := range s.connections {
		if s.connections[i].Name == name {
			return &s.connections[i]
		}
	}
	return nil
}

func (s *stubStore) Connections(context.Context) ([]ConnectionState, error) {
	return slices.Clone(s.connections), nil
}

func (s *stubStore) PauseConnection(_ context.Context, r PauseRequest) (bool, error) {
	s.paused = append(s.paused, r)
	c := s.connection(r.Name)
	c.PausedAt, c.ByHand, c.Reason = r.At, r.ByHand, r.Reason
	c.Pauses++
	return true, nil
}

func (s *stubStore) ResumeConnection(_ context.Context, r ResumeRequest, _ EnqueueFunc) ([]Job, bool, error) {
	if c := s.connection(r.Name); r.ByHand || !c.ByHand {
		c.PausedAt = time.Time{}
		s.resumed = append(s.resumed, r.Name)
	}
	return []Job{{"t9", r.Name}}, true, nil
}

func (s *stubStore) TrustConnection(_ context.Context, name string) error {
	s.trusted = append(s.trusted, name)
	s.connection(name).Pauses = 0
	return nil
}

func (s *stubStore) Orphan(_ context.Context, since, _ time.Time) ([]Job, error) {
	if s.orphaned == nil {
		return nil, nil
	}
	return s.orphaned(since), nil
}

func (s *stubStore) Overtaken(_ context.Context, since, at time.Time, _ EnqueueFunc) ([]Job, error) {
	if s.overtaken == nil {
		return nil, nil
	}
	return s.overtaken(at.Sub(since)), nil
}

func (s *stubStore) Reunite(context.Context, time.Time, time.Time, EnqueueFunc) ([]Job, error) {
	return nil, nil
}

func (s *stubStore) Recover(_ context.Context, r Recovery, _ EnqueueFunc) ([]Job, error) {
	s.recovered = append(s.recovered, r)
	return s.takenBack, s.recoverErr
}

func (s *stubStore) Hurry(_ context.Context, _ string, before, _ time.Time, _ EnqueueFunc) (int, error) {
	s.hurried = append(s.hurried, before)
	return 0, nil
}

func (s *stubStore) ShareSlots(_ context.Context, r SlotRequest) (map[string]int, error) {
	s.slotRequests = append(s.slotRequests, r)
	slots := map[string]int{}
	for _, use := range r.Connections {
		slots[use.Connection] = s.slots
	}
	return slots, nil
}

func (s *stubStore) LeaveSlots(_ context.Context, process string) error {
	s.left = process
	return nil
}

func (s *stubStore) Working(context.Context) (map[string]bool, error) { return s.working, nil }

func (s *stubStore) Expire(_ context.Context, deadline, begunBefore, _ time.Time) ([]Job, error) {
	if s.expired == nil {
		return nil, nil
	}
	return s.expired(deadline, begunBefore), nil
}

func (s *stubStore) Escalate(_ context.Context, since, _ time.Time) ([]Job, error) {
	if s.lasting == nil {
		return nil, nil
	}
	return s.lasting(since), nil
}

func (s *stubStore) Purge(_ context.Context, at time.Time) (int, error) {
	s.purged = at
	return 0, nil
}

func (s *stubStore) AtRisk(_ context.Context, after, upTo time.Time, _ int) ([]string, error) {
	if s.risks == nil {
		return nil, nil
	}
	return s.risks(after, upTo), nil
}

// stubProvider is a provider called "stub".
type stubProvider func(context.Context, Progress) Outcome

func (stubProvider) Name() string { return "stub" }
func (f stubProvider) Erase(ctx context.Context, p Progress) Outcome {
	return f(ctx, p)
}

func (stubProvider) Check(context.Context) Outcome {
	return Outcome{Kind: OutcomeNotSupported, Reason: ReasonNoCheck}
}

var (
	now      = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	deadline = now.Add(24 * time.Hour)
)

// newTestService returns a service with one provider, whose clock always shows now.
func newTestService(t *testing.T, store *stubStore, provider stubProvider) *Service {
	t.Helper()
	var providers []Provider
	if provider != nil {
		providers = []Provider{provider}
	}
	s, err := NewService(store, noQueue, providers, Config{
		Now: func() time.Time { return now }, MinBackoff: time.Minute, MaxBackoff: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	if store.begin == nil {
		store.begin = func(time.Time) (Attempt, error) { return attemptAt("stub"), nil }
	}
	return s
}

// attemptAt returns a first attempt at a target of a provider.
func attemptAt(provider string) Attempt {
	return Attempt{
		Target:   Target{ID: "t1", Provider: provider, Attempts: 1},
		Deadline: deadline, Progress: Progress{References: References{Customer: "cus_1"}},
	}
}

func noComplete(context.Context, *sql.Tx) error { return nil }
