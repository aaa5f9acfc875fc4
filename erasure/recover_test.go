package erasure

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// A few refusals pause nothing. A check that passes takes the targets back, and no other
// check does.
func TestAPassingCheckTakesBackWhatWasRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		check Outcome
		want  []Recovery // but for At and Apart
	}{
		"Passes":     {proven, []Recovery{{Name: "stub", Proven: now, Account: true}}},
		"OnlyTheKey": {Outcome{Kind: OutcomeSucceeded, Reason: ReasonAccountNotShown, Status: 200}, []Recovery{{Name: "stub", Proven: now}}},
		"Refused":    {refuted, nil},
		"Timeout":    {Outcome{Kind: OutcomeRetry, Reason: "timeout"}, nil},
		"None":       {Outcome{Kind: OutcomeNotSupported, Reason: ReasonNoCheck}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.check = test.check
			w.beat(t, 0)
			for i := range test.want {
				test.want[i].At, test.want[i].Apart = now, 5*time.Minute
			}
			if !slices.Equal(w.store.recovered, test.want) {
				t.Errorf("got %+v, want %+v", w.store.recovered, test.want)
			}
		})
	}
}

// A connection without a check shows by a deletion that it works.
func TestADeletionTakesBackWhatWasRefused(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.beat(t, 0)
	want := 0
	step := func(what string, took bool, outcomes ...Outcome) {
		t.Helper()
		for _, o := range outcomes {
			w.attempts(t, 1, o)
		}
		proven := w.at
		w.beat(t, 5*time.Second)
		if took {
			want++
		}
		if n := len(w.store.recovered); n != want {
			t.Fatalf("%s: looked back %d times, want %d", what, n, want)
		}
		if took && !w.store.recovered[want-1].Proven.Equal(proven) {
			t.Errorf("%s: proven at %v, want %v", what, w.store.recovered[want-1].Proven, proven)
		}
	}
	step("nothing has happened", false)
	step("refused", false, refused)
	step("the first deletion after it", true, works)
	step("no other attempt", false)
	step("nothing was refused since", false, works)
	step("a deletion before a refusal", false, works, refused)
	step("the first deletion after that", true, refused, works)
	step("already gone", true, refused, Outcome{Kind: OutcomeAlreadyGone, Status: 404})
	w.beat(t, 5*time.Minute)
	step("another process may have been refused", true, works)
}

func TestTargetsThatAreTakenBackAreLogged(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.check = proven
	w.store.takenBack, w.store.recoverErr = []Job{{"t1", "stub"}, {"t2", "stub"}}, errors.New("the database is away")
	w.beat(t, 0)
	for _, want := range []string{
		`level=INFO msg="targets taken back" provider=stub targets=2`,
		`level=WARN msg="targets that the connection refused were not taken back" provider=stub err="the database is away"`,
	} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, w.log.String())
		}
	}
}
