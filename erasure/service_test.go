package erasure

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

func TestStatesOfOutcomes(t *testing.T) {
	t.Parallel()
	remaining := &Progress{References: References{Payments: []string{"p2"}}}
	cases := []struct {
		name     string
		outcome  Outcome
		past     bool // the deadline has passed
		state    TargetState
		min, max time.Duration // of the wait; 0: final
	}{
		{"Succeeded", Outcome{Kind: OutcomeSucceeded, Status: 200, Verified: true}, false, TargetSucceeded, 0, 0},
		{"AlreadyGone", Outcome{Kind: OutcomeAlreadyGone, Status: 404}, false, TargetAlreadyGone, 0, 0},
		{"NotSupported", Outcome{Kind: OutcomeNotSupported, Reason: "no_api"}, false, TargetNotSupported, 0, 0},
		{"ActionRequired", Outcome{Kind: OutcomeActionRequired, Reason: "key_refused", Progress: remaining}, false, TargetActionRequired, 0, 0},
		{"Retry", Outcome{Kind: OutcomeRetry, Reason: "http_503", Status: 503, Progress: remaining}, false, TargetPending, 48 * time.Second, 72 * time.Second},
		{"RetryAfterIsRespected", Outcome{Kind: OutcomeRetry, After: 3 * time.Hour}, false, TargetPending, 3 * time.Hour, 3 * time.Hour},
		{"RetryNeverPastTheDeadline", Outcome{Kind: OutcomeRetry, After: 48 * time.Hour}, false, TargetPending, 24 * time.Hour, 24 * time.Hour},
		{"RetryAtTheDeadlineFails", Outcome{Kind: OutcomeRetry, Reason: "timeout"}, true, TargetFailed, 0, 0},
		{"RetryAfterZeroKeepsTheBackoff", Outcome{Kind: OutcomeRetry, After: 0}, false, TargetPending, 48 * time.Second, 72 * time.Second},
		{"RetryKeepsTheRulesWait", Outcome{Kind: OutcomeRetry, Wait: 2 * time.Hour, After: time.Second}, false, TargetPending, 2 * time.Hour, 2 * time.Hour},
		{"DeferredUntil", Outcome{Kind: OutcomeDeferred, Until: now.Add(5 * time.Hour), Progress: remaining}, false, TargetPending, 5 * time.Hour, 5 * time.Hour},
		{"DeferredWithoutADate", Outcome{Kind: OutcomeDeferred, Status: 423}, false, TargetPending, 48 * time.Second, 72 * time.Second},
		{"DeferredUntilThePast", Outcome{Kind: OutcomeDeferred, Status: 423, Until: now.Add(-time.Hour)}, false, TargetPending, 48 * time.Second, 72 * time.Second},
		{"DeferredKeepsTheRulesWait", Outcome{Kind: OutcomeDeferred, Status: 423, Wait: 3 * time.Hour, Until: now}, false, TargetPending, 3 * time.Hour, 3 * time.Hour},
		{"DeferredUntilAfterTheRulesWait", Outcome{Kind: OutcomeDeferred, Status: 423, Wait: time.Hour, Until: now.Add(2 * time.Hour)}, false, TargetPending, 2 * time.Hour, 2 * time.Hour},
		{"DeferredLongerThanTheDeadlineByARule", Outcome{Kind: OutcomeDeferred, Status: 423, Wait: 72 * time.Hour}, false, TargetPending, 72 * time.Hour, 72 * time.Hour},
		{"DeferredAtTheDeadlineFails", Outcome{Kind: OutcomeDeferred, Status: 423, Reason: "dispute_open", Wait: time.Hour}, true, TargetFailed, 0, 0},
		{"MoreToDoGoesOnAtOnce", Outcome{Kind: OutcomeDeferred, Reason: ReasonMoreToDo, Until: now, Progress: remaining}, false, TargetPending, 0, 0},
		{"MoreToDoOfAResponseDoesNot", Outcome{Kind: OutcomeDeferred, Reason: ReasonMoreToDo, Status: 200, Until: now}, false, TargetPending, 48 * time.Second, 72 * time.Second},
		{"WaitingForTurn", Outcome{Kind: OutcomeDeferred, Reason: ReasonWaitingForTurn, Until: now.Add(10 * time.Second)}, false, TargetPending, 10 * time.Second, 10 * time.Second},
		{"MoreToDoAtTheDeadlineFails", Outcome{Kind: OutcomeDeferred, Reason: ReasonMoreToDo, Until: now.Add(time.Second)}, true, TargetFailed, 0, 0},
		{"SucceededAfterTheDeadline", Outcome{Kind: OutcomeSucceeded}, true, TargetSucceeded, 0, 0},
		{"UnknownKindIsRetried", Outcome{Kind: "nonsense"}, false, TargetPending, 48 * time.Second, 72 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			finish, complete, again := attemptWith(t, c.outcome, c.past)
			if finish.Verified != c.outcome.Verified || finish.State != c.state || finish.Reason != c.outcome.Reason || finish.Status != c.outcome.Status {
				t.Errorf("finished %+v", finish)
			}
			if finish.Progress != c.outcome.Progress {
				t.Errorf("progress %v", finish.Progress)
			}
			if c.state.Final() {
				if !again.IsZero() || !complete {
					t.Errorf("again %v, job completed in the transaction: %v", again, complete)
				}
				return
			}
			wait := finish.NextAt.Sub(now)
			if wait < c.min || wait > c.max || !again.Equal(finish.NextAt) || complete {
				t.Errorf("waits %v, want %v to %v; again %v, job completed: %v", wait, c.min, c.max, again, complete)
			}
		})
	}
}

// attemptWith makes an attempt that has an outcome, before or at its deadline. It returns
// what was recorded, whether the job was completed with it, and when to try again.
func attemptWith(t *testing.T, o Outcome, atDeadline bool) (finish FinishRequest, complete bool, again time.Time) {
	t.Helper()
	store := &stubStore{}
	if atDeadline {
		store.begin = func(time.Time) (Attempt, error) {
			a := attemptAt("stub")
			a.Deadline = now
			return a, nil
		}
	}
	var asked References
	s := newTestService(t, store, func(_ context.Context, p Progress) Outcome { asked = p.References; return o })
	again, err := s.Attempt(t.Context(), "t1", noComplete)
	if err != nil {
		t.Fatal(err)
	}
	if asked.Customer != "cus_1" {
		t.Errorf("the provider was asked about %+v", asked)
	}
	finish = store.finished[0]
	if finish.Attempt != 1 || finish.TargetID != "t1" {
		t.Errorf("finished %+v", finish)
	}
	return finish, store.complete[0], again
}

// mustNotErase is the Erase of a provider that must not be called.
func mustNotErase(context.Context, Progress) Outcome { panic("called") }

func succeeds(context.Context, Progress) Outcome { return Outcome{Kind: OutcomeSucceeded} }

func TestProviderPanicIsRetriedWithoutItsText(t *testing.T) {
	t.Parallel()
	store := &stubStore{}
	s := newTestService(t, store, func(context.Context, Progress) Outcome { panic("ada@example.com") })
	if _, err := s.Attempt(t.Context(), "t1", noComplete); err != nil {
		t.Fatal(err)
	}
	if got := store.finished[0]; got.State != TargetPending || got.Reason != "panic" {
		t.Errorf("finished %+v", got)
	}
}

func TestUnconfiguredProvider(t *testing.T) {
	t.Parallel()
	store := &stubStore{begin: func(time.Time) (Attempt, error) { return attemptAt("other"), nil }}
	if _, err := newTestService(t, store, mustNotErase).Attempt(t.Context(), "t1", noComplete); err != nil {
		t.Fatal(err)
	}
	if got := store.finished[0]; got.State != TargetActionRequired || got.Reason != "provider_not_configured" {
		t.Errorf("finished %+v", got)
	}
}

func TestUnreadableReferences(t *testing.T) {
	t.Parallel()
	store := &stubStore{begin: func(time.Time) (Attempt, error) { return attemptAt("stub"), ErrUnreadable }}
	if _, err := newTestService(t, store, mustNotErase).Attempt(t.Context(), "t1", noComplete); err != nil {
		t.Fatal(err)
	}
	if got := store.finished[0]; got.State != TargetActionRequired || got.Reason != "references_unreadable" {
		t.Errorf("finished %+v", got)
	}
}

func TestAttemptBeforeItIsDue(t *testing.T) {
	t.Parallel()
	next := now.Add(time.Hour)
	store := &stubStore{begin: func(time.Time) (Attempt, error) { return Attempt{}, &NotDueError{next} }}
	again, err := newTestService(t, store, mustNotErase).Attempt(t.Context(), "t1", noComplete)
	if err != nil || !again.Equal(next) || len(store.finished) > 0 {
		t.Errorf("again %v, err %v, finished %v", again, err, store.finished)
	}
}

func TestAttemptAtATargetThatIsFinalOrUnknown(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"Final": ErrSuperseded, "Unknown": ErrNotFound} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &stubStore{begin: func(time.Time) (Attempt, error) { return Attempt{}, err }}
			again, err := newTestService(t, store, mustNotErase).Attempt(t.Context(), "t1", noComplete)
			if err != nil || !again.IsZero() || len(store.finished) > 0 {
				t.Errorf("again %v, err %v, finished %v", again, err, store.finished)
			}
		})
	}
}

func TestSupersededAttempt(t *testing.T) {
	t.Parallel()
	store := &stubStore{finish: func(context.Context) error { return ErrSuperseded }}
	s := newTestService(t, store, succeeds)
	if again, err := s.Attempt(t.Context(), "t1", noComplete); err != nil || !again.IsZero() {
		t.Errorf("again %v, err %v", again, err)
	}
}

func TestAttemptWithoutADatabase(t *testing.T) {
	t.Parallel()
	away := errors.New("no database")
	store := &stubStore{begin: func(time.Time) (Attempt, error) { return Attempt{}, away }}
	if _, err := newTestService(t, store, mustNotErase).Attempt(t.Context(), "t1", noComplete); !errors.Is(err, away) {
		t.Errorf("err %v", err)
	}
	store = &stubStore{finish: func(context.Context) error { return away }}
	s := newTestService(t, store, succeeds)
	if _, err := s.Attempt(t.Context(), "t1", noComplete); !errors.Is(err, away) {
		t.Errorf("err %v", err)
	}
}

func TestStoppedAttemptIsRecorded(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	store := &stubStore{finish: func(ctx context.Context) error { return ctx.Err() }}
	s := newTestService(t, store, func(context.Context, Progress) Outcome {
		stop()
		return Outcome{Kind: OutcomeRetry, Reason: "canceled"}
	})
	again, err := s.Attempt(ctx, "t1", noComplete)
	if err != nil || !again.Equal(now) {
		t.Errorf("again %v, err %v: want an attempt by the next process at once", again, err)
	}
}

func TestAttemptHasADeadline(t *testing.T) {
	t.Parallel()
	store := &stubStore{}
	s := newTestService(t, store, func(ctx context.Context, _ Progress) Outcome {
		if d, ok := ctx.Deadline(); !ok || time.Until(d) > 40*time.Second {
			t.Errorf("deadline %v %v", d, ok)
		}
		return Outcome{Kind: OutcomeSucceeded}
	})
	if _, err := s.Attempt(t.Context(), "t1", noComplete); err != nil {
		t.Fatal(err)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	s := newTestService(t, &stubStore{}, nil)
	for attempts, want := range map[int]time.Duration{
		0: time.Minute, 1: time.Minute, 2: 2 * time.Minute, 6: 32 * time.Minute, 7: time.Hour, 8: time.Hour, 1 << 40: time.Hour,
	} {
		for range 100 {
			if got := s.backoff(attempts); got < want*4/5 || got > want*6/5 {
				t.Fatalf("after %d attempts: %v, want %v ± a fifth", attempts, got, want)
			}
		}
	}
}

func TestDeleteCustomer(t *testing.T) {
	t.Parallel()
	request := api.DeleteCustomerRequestObject{CustomerID: "c1", Params: api.DeleteCustomerParams{AccountCode: "a1"}}
	cases := []struct {
		name string
		err  error
		want api.DeleteCustomerResponseObject
	}{
		{"Accepted", nil, api.DeleteCustomer202Response{}},
		{"NotFound", ErrCustomerNotFound, api.DeleteCustomer400JSONResponse{Code: "CUSTOMER_NOT_FOUND", Messages: []string{"Customer not found."}}},
		{"Erased", &ErasedError{ErasureAttentionRequired}, erasedBefore{ErasureAttentionRequired}},
		{"NoDatabase", errors.New("no database"), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := &stubStore{accept: func(r AcceptRequest) (Erasure, error) {
				if r.AccountCode != "a1" || r.CustomerID != "c1" || !r.At.Equal(now) || !r.Deadline.Equal(now.Add(30*24*time.Hour)) {
					t.Errorf("the request is %+v", r)
				}
				return Erasure{}, c.err
			}}
			got, err := newTestService(t, store, nil).DeleteCustomer(t.Context(), request)
			if (c.want == nil) != (err != nil) {
				t.Fatalf("err %v", err)
			}
			if c.name == "NotFound" {
				if body, ok := got.(api.DeleteCustomer400JSONResponse); !ok || body.Code != "CUSTOMER_NOT_FOUND" {
					t.Errorf("got %#v", got)
				}
			} else if got != c.want {
				t.Errorf("got %#v, want %#v", got, c.want)
			}
		})
	}
}

// A repeated delete does not look like a new one in the log, nor fill it.
func TestRepeatedDeleteIsNotLogged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		e    Erasure
		want string
	}{
		{"New", Erasure{ID: "e1", State: ErasureInProgress, Targets: []Target{{}}}, "msg=accepted erasure=e1 targets=1"},
		{"NewWithoutTargets", Erasure{ID: "e1", State: ErasureCompleted}, "msg=accepted erasure=e1 targets=0"},
		{"Repeated", Erasure{ID: "e1", State: ErasureInProgress}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			store := &stubStore{accept: func(AcceptRequest) (Erasure, error) { return c.e, nil }}
			s, err := NewService(store, noQueue, nil, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.DeleteCustomer(t.Context(), api.DeleteCustomerRequestObject{}); err != nil || got != (api.DeleteCustomer202Response{}) {
				t.Errorf("got %#v, %v; want 202", got, err)
			}
			if got := log.String(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("logged %q, want %q", got, c.want)
			}
		})
	}
}

func TestNewServiceReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := NewService(&stubStore{}, noQueue, []Provider{stubProvider(noOutcome), stubProvider(noOutcome)},
		Config{Deadline: -1, AttemptTimeout: -1, MinBackoff: -1, MaxBackoff: -1, HeartbeatTimeout: MinHeartbeatTimeout - 1})
	for _, want := range []string{"Deadline", "AttemptTimeout", "MinBackoff", "MaxBackoff", "HeartbeatTimeout", `two providers are named "stub"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not mention %s", err, want)
		}
	}
}

// noQueue is for services whose jobs nobody works on.
func noQueue(context.Context, *sql.Tx, []Job) error { return nil }

func noOutcome(context.Context, Progress) Outcome { return Outcome{} }
