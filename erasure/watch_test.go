package erasure

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// watched is a service with one provider, whose checks, outcomes and clock the test sets.
type watched struct {
	store   *stubStore
	service *Service
	at      time.Time
	outcome Outcome
	check   Outcome
	checks  int
	log     strings.Builder
}

func (w *watched) Name() string                            { return "stub" }
func (w *watched) Erase(context.Context, Progress) Outcome { return w.outcome }
func (w *watched) Check(context.Context) Outcome           { w.checks++; return w.check }

var (
	proven  = Outcome{Kind: OutcomeSucceeded, Status: 200}
	refuted = Outcome{Kind: OutcomeActionRequired, Reason: ReasonKeyRefused, Status: 401}
	refused = refuted
	works   = Outcome{Kind: OutcomeSucceeded, Status: 200}
)

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{store: &stubStore{working: map[string]bool{"stub": true}}, at: now, check: Outcome{Kind: OutcomeNotSupported, Reason: ReasonNoCheck}}
	w.store.begin = func(time.Time) (Attempt, error) {
		a := attemptAt("stub")
		a.Deadline = now.Add(30 * 24 * time.Hour)
		return a, nil
	}
	w.configure(t, Config{})
	return w
}

// configure replaces the service by one of this configuration.
func (w *watched) configure(t *testing.T, cfg Config) {
	t.Helper()
	cfg.Now, cfg.Logger = func() time.Time { return w.at }, slog.New(slog.NewTextHandler(&w.log, nil))
	var err error
	if w.service, err = NewService(w.store, noQueue, []Provider{w}, cfg); err != nil {
		t.Fatal(err)
	}
}

// beat makes a beat some time later, with the checks that are due.
func (w *watched) beat(t *testing.T, later time.Duration) {
	t.Helper()
	w.at = w.at.Add(later)
	if _, err := w.service.Beat(t.Context(), nil, func(f func()) { f() }); err != nil {
		t.Fatal(err)
	}
}

// attempts makes n attempts with an outcome.
func (w *watched) attempts(t *testing.T, n int, o Outcome) {
	t.Helper()
	w.outcome = o
	for range n {
		if _, err := w.service.Attempt(t.Context(), "t1", noComplete); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *watched) wantPaused(t *testing.T, want bool, reason string) {
	t.Helper()
	if c := w.store.connection("stub"); c.Paused() != want || (want && c.Reason != reason) {
		t.Fatalf("the connection is %+v, want paused %v, reason %q", c, want, reason)
	}
}

func TestAConnectionThatOnlyRefusesIsPaused(t *testing.T) {
	t.Parallel()
	timeout := Outcome{Kind: OutcomeRetry, Reason: "timeout"}
	html := Outcome{Kind: OutcomeActionRequired, Reason: ReasonNotFoundUnconfirmed, Status: 404}
	unexpected := Outcome{Kind: OutcomeRetry, Reason: ReasonUnexpectedStatus, Status: 302}
	unproven := Outcome{Kind: OutcomeRetry, Reason: ReasonNotFoundUnproven, Status: 404}
	described := Outcome{Kind: OutcomeDeferred, Reason: "dispute_open", Status: 423, Wait: time.Hour}
	type attempts struct {
		n       int
		outcome Outcome
	}
	for name, test := range map[string]struct {
		attempts []attempts
		reason   string // "": not paused
	}{
		"Nineteen":               {[]attempts{{19, refused}}, ""},
		"KeyRefused":             {[]attempts{{20, refused}}, ReasonKeyRefused},
		"HTML":                   {[]attempts{{20, html}}, ReasonNotFoundUnconfirmed},
		"Unexpected":             {[]attempts{{20, unexpected}}, ReasonUnexpectedStatus},
		"Unproven":               {[]attempts{{20, unproven}}, ReasonNotFoundUnproven},
		"Mixed":                  {[]attempts{{10, html}, {10, unexpected}}, ReasonUnexpectedStatus},
		"SuccessBetween":         {[]attempts{{19, refused}, {1, works}, {19, refused}}, ""},
		"DescribedBetween":       {[]attempts{{19, refused}, {1, described}, {19, refused}}, ""},
		"AnotherResponseBetween": {[]attempts{{19, refused}, {1, Outcome{Kind: OutcomeRetry, Reason: "http_503", Status: 503}}, {19, refused}}, ""},
		"TimeoutsSayNothing":     {[]attempts{{19, refused}, {30, timeout}, {1, refused}}, ReasonKeyRefused},
		"OnlyTimeouts":           {[]attempts{{40, timeout}}, ""},
		"DescribedActionNeeded":  {[]attempts{{40, Outcome{Kind: OutcomeActionRequired, Reason: "request_refused", Status: 422}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.beat(t, 0)
			for _, a := range test.attempts {
				w.attempts(t, a.n, a.outcome)
			}
			w.wantPaused(t, test.reason != "", test.reason)
			if n := strings.Count(w.log.String(), `level=WARN msg="connection paused`); n != len(w.store.paused) || n > 1 {
				t.Errorf("%d pauses, %d lines in the log", len(w.store.paused), n)
			}
		})
	}
}

func TestACheckThatRefutesPausesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check = proven
	w.beat(t, 0)
	w.wantPaused(t, false, "")
	w.check = refuted
	w.attempts(t, 1, refused) // after which the connection is checked soon
	w.beat(t, recheckAfter)
	w.wantPaused(t, true, ReasonKeyRefused)

	w.beat(t, time.Minute)
	w.check = proven
	w.beat(t, 4*time.Minute)
	w.wantPaused(t, false, "")
	if len(w.store.resumed) != 1 || w.checks != 3 {
		t.Errorf("resumed %v after %d checks", w.store.resumed, w.checks)
	}
	w.beat(t, time.Second)
	if n := strings.Count(w.log.String(), `level=WARN msg="connection resumed" provider=stub`); n != 1 {
		t.Errorf("%d lines say that it was resumed:\n%s", n, w.log.String())
	}
}

// A check that passes while the connection goes on to refuse does not test what matters.
func TestPausesBecomeLonger(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check = proven
	w.beat(t, 0)
	for _, want := range []time.Duration{5 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute} {
		w.attempts(t, 20, Outcome{Kind: OutcomeRetry, Reason: ReasonUnexpectedStatus, Status: 302})
		begun, resumed := w.at, len(w.store.resumed)
		for len(w.store.resumed) == resumed {
			w.beat(t, 5*time.Second)
		}
		if took := w.at.Sub(begun); took < want || took > want+5*time.Minute {
			t.Errorf("paused for %v, want %v", took, want)
		}
		w.beat(t, time.Second)
	}
	w.attempts(t, 1, works)
	if len(w.store.trusted) != 1 {
		t.Errorf("trusted %v", w.store.trusted)
	}
	w.attempts(t, 1, works)
	if len(w.store.trusted) != 1 {
		t.Errorf("trusted %v: want one change for the first success only", w.store.trusted)
	}
}

func TestAPauseByHandEndsByHand(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check = proven
	w.beat(t, 0)
	c := w.store.connection("stub")
	c.PausedAt, c.ByHand, c.Reason = w.at, true, "maintenance"
	for range 5 {
		w.beat(t, time.Hour)
	}
	if len(w.store.resumed) > 0 || w.checks < 5 {
		t.Errorf("resumed %v after %d checks", w.store.resumed, w.checks)
	}
}

func TestChecksRunWhileThereIsWork(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check, w.store.working = proven, nil
	for range 10 {
		w.beat(t, time.Minute)
	}
	if w.checks != 1 {
		t.Errorf("%d checks without work, want the one at the start", w.checks)
	}
	w.store.working = map[string]bool{"stub": true}
	for range 10 {
		w.beat(t, time.Minute)
	}
	if w.checks != 3 {
		t.Errorf("%d checks, want one every five minutes", w.checks)
	}
}

func TestARefusalIsCheckedOnceInAWhile(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check = proven
	w.beat(t, 0)
	for range 12 {
		w.attempts(t, 1, refused)
		w.beat(t, 5*time.Second)
	}
	if w.checks != 3 {
		t.Errorf("%d checks in a minute, want one every 30 s", w.checks)
	}
}

func TestAProvenConnectionHurriesWhatWaitsForProof(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check = Outcome{Kind: OutcomeRetry, Reason: "timeout"}
	w.beat(t, 0)
	if len(w.store.hurried) > 0 {
		t.Error("hurried without proof")
	}
	w.check = proven
	w.beat(t, 5*time.Minute)
	since := w.at
	w.beat(t, 5*time.Minute)
	if len(w.store.hurried) != 2 || !w.store.hurried[0].Equal(since) || !w.store.hurried[1].Equal(since) {
		t.Errorf("hurried %v, want what was attempted before %v", w.store.hurried, since)
	}
}

// What was attempted while the checks failed is hurried once they pass again.
func TestAProofThatEndedBeginsAnew(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]Outcome{"Timeout": {Kind: OutcomeRetry, Reason: "timeout"}, "Refused": refuted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			for _, w.check = range []Outcome{proven, check, proven} {
				w.beat(t, 5*time.Minute)
			}
			if n := len(w.store.hurried); n != 2 || !w.store.hurried[1].Equal(w.at) {
				t.Errorf("hurried %v, want at last what was attempted before %v", w.store.hurried, w.at)
			}
		})
	}
}

// A pause by another process ends the row of refusals here, too.
func TestRefusalsBeforeAPauseAreNotCounted(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.beat(t, 0)
	w.attempts(t, 19, refused)
	w.store.connection("stub").PausedAt = w.at // by another process
	w.beat(t, time.Second)
	w.store.connection("stub").PausedAt = time.Time{}
	w.beat(t, time.Second)
	w.attempts(t, 19, refused)
	w.wantPaused(t, false, "")
}

func TestATrialEndsWithItsPause(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.beat(t, 0)
	w.attempts(t, 20, refused)
	for w.store.connection("stub").Paused() {
		w.beat(t, time.Minute)
	}
	w.beat(t, time.Second)
	w.attempts(t, 1, refused) // on trial
	w.wantPaused(t, true, ReasonKeyRefused)
	w.store.connection("stub").PausedAt = time.Time{} // an operator has replaced the key
	w.beat(t, time.Second)
	w.attempts(t, 19, refused)
	w.wantPaused(t, false, "")
}

func TestPauseFor(t *testing.T) {
	t.Parallel()
	for pauses, want := range map[int]time.Duration{
		0: 0, 1: 0, 2: 5 * time.Minute, 3: 10 * time.Minute, 8: 320 * time.Minute, 9: 6 * time.Hour, 1000: 6 * time.Hour,
	} {
		if got := pauseFor(pauses, 5*time.Minute); got != want {
			t.Errorf("pause %d lasts %v, want %v", pauses, got, want)
		}
	}
}

func TestAProviderWithoutACheckIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	for range 10 {
		w.beat(t, time.Hour)
	}
	if w.checks != 1 {
		t.Errorf("%d checks", w.checks)
	}
}

// Without a check, one target tries now and then whether the connection works.
func TestAPauseWithoutACheckIsTriedNowAndThen(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]Outcome{
		"None":      {Kind: OutcomeNotSupported, Reason: ReasonNoCheck},
		"Forbidden": {Kind: OutcomeRetry, Reason: "check_forbidden", Status: 403},
		"OtherMode": {Kind: OutcomeRetry, Reason: "mode_not_stated", Status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tryNowAndThen(t, check)
		})
	}
}

// A check that says nothing, or that finds nobody it knows, is no reason to try.
func TestAPauseLastsWhileTheCheckFails(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]Outcome{
		"Timeout": {Kind: OutcomeRetry, Reason: "timeout"},
		"HTML":    {Kind: OutcomeRetry, Reason: ReasonNotFoundUnconfirmed, Status: 404},
		"Page":    {Kind: OutcomeRetry, Reason: ReasonUnexpectedAnswer, Status: 200},
		"Refused": refuted,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.check = check
			w.beat(t, 0)
			w.attempts(t, 20, refused)
			for range 100 {
				w.beat(t, time.Hour)
			}
			w.wantPaused(t, true, ReasonKeyRefused)
		})
	}
}

func tryNowAndThen(t *testing.T, check Outcome) {
	t.Helper()
	w := newWatched(t)
	w.check = check
	w.beat(t, 0)
	w.attempts(t, 20, refused)
	for i, want := range []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute} {
		begun, resumed := w.at, len(w.store.resumed)
		for len(w.store.resumed) == resumed {
			w.beat(t, 5*time.Second)
		}
		if took := w.at.Sub(begun); took < want || took > want+5*time.Minute {
			t.Errorf("pause %d: %v, want %v", i+1, took, want)
		}
		w.beat(t, 11*time.Minute) // no target was due
		w.attempts(t, 1, refused)
		w.wantPaused(t, true, ReasonKeyRefused)
	}
	for w.store.connection("stub").Paused() {
		w.beat(t, time.Minute)
	}
	w.beat(t, time.Second)
	w.attempts(t, 1, works)
	w.attempts(t, 19, refused)
	w.wantPaused(t, false, "")
}

// panicking is a provider whose check panics.
type panicking struct{ stubProvider }

func (panicking) Check(context.Context) Outcome { panic("ada@example.com") }

func TestACheckThatPanicsShowsNothing(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	store := &stubStore{}
	s, err := NewService(store, noQueue, []Provider{panicking{}}, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Beat(t.Context(), nil, func(f func()) { f() }); err != nil {
		t.Fatal(err)
	}
	if len(store.paused) > 0 || strings.Contains(log.String(), "ada") || !strings.Contains(log.String(), "a check panicked") {
		t.Errorf("paused %v, log %s", store.paused, log.String())
	}
}
