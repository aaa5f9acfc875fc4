package erasure

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// A date of the provider that is after the deadline is no reason to wait: a person is
// told what the provider said.
func TestDeferredPastTheDeadline(t *testing.T) {
	t.Parallel()
	for name, atDeadline := range map[string]bool{"Before": false, "AtTheDeadline": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Outcome{Kind: OutcomeDeferred, Reason: "dispute_open", Status: 423, Until: now.Add(90 * 24 * time.Hour)}
			finish, _, again := attemptWith(t, o, atDeadline)
			if finish.State != TargetActionRequired || finish.Reason != ReasonDeferredPastDeadline || !again.IsZero() {
				t.Errorf("finished %+v, again %v", finish, again)
			}
		})
	}
}

// rehearsal makes one attempt after the other at a target, each at a time of its own.
type rehearsal struct {
	store   *stubStore
	service *Service
	at      time.Time
	outcome Outcome
	concern Concern
}

func newRehearsal(t *testing.T, cfg Config) *rehearsal {
	t.Helper()
	r := &rehearsal{store: &stubStore{}, at: now}
	r.store.begin = func(time.Time) (Attempt, error) {
		a := attemptAt("stub")
		a.Deadline, a.Concern = now.Add(30*24*time.Hour), r.concern
		return a, nil
	}
	cfg.Now = func() time.Time { return r.at }
	var err error
	r.service, err = NewService(r.store, noQueue, []Provider{stubProvider(func(context.Context, Progress) Outcome { return r.outcome })}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// attempt makes an attempt that has an outcome, some time after the previous one.
func (r *rehearsal) attempt(t *testing.T, later time.Duration, o Outcome) FinishRequest {
	t.Helper()
	r.at, r.outcome = r.at.Add(later), o
	if _, err := r.service.Attempt(t.Context(), "t1", noComplete); err != nil {
		t.Fatal(err)
	}
	finish := r.store.finished[len(r.store.finished)-1]
	r.concern = finish.Concern
	return finish
}

// A doubt becomes a person's after a day, and an answer that nobody described after
// five of them, whatever comes between that says nothing about it.
func TestConcernsNeedAPerson(t *testing.T) {
	t.Parallel()
	unproven := Outcome{Kind: OutcomeRetry, Reason: ReasonNotFoundUnproven, Status: 404}
	stillThere := Outcome{Kind: OutcomeRetry, Reason: ReasonStillThere, Status: 200}
	unexpected := Outcome{Kind: OutcomeRetry, Reason: ReasonUnexpectedStatus, Status: 406}
	tooLarge := Outcome{Kind: OutcomeRetry, Reason: ReasonAnswerTooLarge, Status: 200}
	unavailable := Outcome{Kind: OutcomeRetry, Reason: "http_503", Status: 503}
	timeout := Outcome{Kind: OutcomeRetry, Reason: "timeout"}
	later := Outcome{Kind: OutcomeDeferred, Reason: "dispute_open", Status: 423, Wait: time.Minute}
	type step struct {
		after   time.Duration
		outcome Outcome
	}
	const minute, almostADay = time.Minute, 24*time.Hour - time.Second
	for name, test := range map[string]struct {
		steps  []step
		reason string // with which the last attempt becomes action_required; "" for pending
	}{
		"UnprovenForAlmostADay":   {[]step{{0, unproven}, {almostADay, unproven}}, ""},
		"UnprovenForADay":         {[]step{{0, unproven}, {almostADay, unproven}, {time.Second, unproven}}, ReasonNotFoundUnproven},
		"StillThereForADay":       {[]step{{0, stillThere}, {24 * time.Hour, stillThere}}, ReasonStillThere},
		"AnotherDoubtBeginsAnew":  {[]step{{0, unproven}, {24 * time.Hour, stillThere}}, ""},
		"FourUnexpected":          {[]step{{0, unexpected}, {minute, tooLarge}, {minute, unexpected}, {minute, unexpected}}, ""},
		"FiveUnexpected":          {[]step{{0, unexpected}, {minute, tooLarge}, {minute, unexpected}, {minute, unexpected}, {minute, unexpected}}, ReasonUnexpectedAnswerRepeated},
		"UnexpectedForADay":       {[]step{{0, unexpected}, {24 * time.Hour, unexpected}}, ReasonUnexpectedAnswerRepeated},
		"TransientBetween":        {[]step{{0, unexpected}, {minute, timeout}, {minute, unexpected}, {minute, unavailable}, {minute, unexpected}, {minute, unexpected}, {minute, unexpected}}, ReasonUnexpectedAnswerRepeated},
		"TransientAfterADayCount": {[]step{{0, unexpected}, {25 * time.Hour, timeout}}, ReasonUnexpectedAnswerRepeated},
		"ADescribedAnswerSettles": {[]step{{0, unproven}, {time.Hour, later}, {almostADay, unproven}}, ""},
		"TransientGoesOn":         {[]step{{0, unavailable}, {24 * time.Hour, unavailable}, {48 * time.Hour, timeout}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRehearsal(t, Config{})
			var last FinishRequest
			for i, s := range test.steps {
				last = r.attempt(t, s.after, s.outcome)
				if i < len(test.steps)-1 && last.State != TargetPending {
					t.Fatalf("step %d: finished %+v", i+1, last)
				}
			}
			want := TargetPending
			if test.reason != "" {
				want = TargetActionRequired
			}
			if last.State != want || (test.reason != "" && last.Reason != test.reason) {
				t.Errorf("finished %s %q, want %s %q", last.State, last.Reason, want, test.reason)
			}
		})
	}
}

// What needs a person is a warning, and what is lost an error.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outcome  Outcome
		deadline bool
		want     string
	}{
		"Succeeded":      {Outcome{Kind: OutcomeSucceeded}, false, "level=INFO"},
		"Retry":          {Outcome{Kind: OutcomeRetry, Reason: "timeout"}, false, "level=INFO"},
		"ActionRequired": {Outcome{Kind: OutcomeActionRequired, Reason: ReasonKeyRefused}, false, "level=WARN"},
		"Failed":         {Outcome{Kind: OutcomeRetry, Reason: "timeout"}, true, "level=ERROR"},
		"Unreadable":     {Outcome{Kind: OutcomeActionRequired, Reason: ReasonReferencesUnreadable}, false, "level=ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			r := newRehearsal(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			later := time.Duration(0)
			if test.deadline {
				later = 30 * 24 * time.Hour
			}
			r.attempt(t, later, test.outcome)
			if !strings.Contains(log.String(), test.want) {
				t.Errorf("logged %s, want %s", log.String(), test.want)
			}
		})
	}
}
