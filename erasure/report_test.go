package erasure

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// Every attempt is reported once, with what was recorded, and an erasure that it ends.
func TestReports(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outcome Outcome
		finish  error
		want    AttemptReport // without the ids
	}{
		"Succeeded":  {Outcome{Kind: OutcomeSucceeded, Status: 200}, nil, AttemptReport{Kind: OutcomeSucceeded, Status: 200, State: TargetSucceeded}},
		"Repeated":   {Outcome{Kind: OutcomeRetry, Reason: "timeout"}, nil, AttemptReport{Kind: OutcomeRetry, Reason: "timeout", State: TargetPending, StateReason: "timeout"}},
		"Late":       {Outcome{Kind: OutcomeDeferred, Reason: "dispute", Until: deadline.Add(1)}, nil, AttemptReport{Kind: OutcomeDeferred, Reason: "dispute", State: TargetActionRequired, StateReason: ReasonDeferredPastDeadline}},
		"Superseded": {Outcome{Kind: OutcomeSucceeded}, ErrSuperseded, AttemptReport{Kind: OutcomeSucceeded}},
		"Unrecorded": {Outcome{Kind: OutcomeSucceeded}, errors.New("no database"), AttemptReport{Kind: OutcomeSucceeded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &stubStore{finish: func(context.Context) error { return test.finish }}
			s := newTestService(t, store, func(context.Context, Progress) Outcome {
				<-time.After(time.Millisecond)
				return test.outcome
			})
			var got []AttemptReport
			s.cfg.Observe = func(_ context.Context, a AttemptReport) { got = append(got, a) }
			_, _ = s.Attempt(t.Context(), "t1", noComplete) // its error is the subject of other tests
			if len(got) != 1 || got[0].Asked < time.Millisecond {
				t.Fatalf("got %+v", got)
			}
			test.want.TargetID, test.want.Provider, test.want.Attempt, test.want.Asked = "t1", "stub", 1, got[0].Asked
			if got[0] != test.want {
				t.Errorf("got %+v, want %+v", got[0], test.want)
			}
		})
	}
}

func TestEndedErasures(t *testing.T) {
	t.Parallel()
	store := &stubStore{accept: func(AcceptRequest) (Erasure, error) { return Erasure{State: ErasureCompleted}, nil }}
	s := newTestService(t, store, succeeds)
	var got []EndedErasure
	s.cfg.Ended = func(_ context.Context, e EndedErasure) { got = append(got, e) }
	if _, err := s.DeleteCustomer(t.Context(), api.DeleteCustomerRequestObject{CustomerID: "c1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Attempt(t.Context(), "t1", noComplete); err != nil {
		t.Fatal(err)
	}
	store.finished[0].Ended(ErasureAttentionRequired, now.Add(-time.Hour))
	want := []EndedErasure{{State: ErasureCompleted}, {State: ErasureAttentionRequired, Took: time.Hour}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
