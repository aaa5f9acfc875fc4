package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// failures are what a service that is away, or that rejects everybody, looks like.
var failures = map[string]Result{
	"Refused":         {Outcome: Failed, Code: CodeConnectionRefused},
	"NoSuchHost":      {Outcome: Failed, Code: CodeNoSuchHost},
	"Proxy":           {Outcome: Failed, Code: CodeProxyFailed},
	"TLS":             {Outcome: Failed, Code: CodeTLSFailed},
	"TooManyFiles":    {Outcome: Failed, Code: CodeTooManyOpenFiles},
	"Reset":           {Outcome: MaybeDeleted, Code: CodeConnectionLost},
	"Hang":            {Outcome: MaybeDeleted, Code: CodeTimeout},
	"Redirect":        {Outcome: Failed, Status: 302},
	"WrongKeys":       {Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"},
	"Forbidden":       {Outcome: Failed, Status: 403},
	"NoRoute":         {Outcome: Failed, Status: 404},
	"PageOfAProxy":    {Outcome: Failed, Status: 400},
	"RateLimited":     {Outcome: Failed, Status: 429, Code: "TOO_MANY_REQUESTS"},
	"Unavailable":     {Outcome: MaybeDeleted, Status: 503},
	"NotFoundOf5xx":   {Outcome: MaybeDeleted, Status: 502, Code: wire.CodeCustomerNotFound},
	"InternalFailure": {Outcome: MaybeDeleted, Status: 500, Code: "INTERNAL_ERROR"},
}

// flaky is a service that is away between two times after its start. What it fails with
// may have erased the customer.
type flaky struct {
	server
	started    time.Time
	from, till time.Duration
	failure    Result
	sent       []time.Duration // when requests arrived while it was away
}

func (s *flaky) erase(ctx context.Context, id string) Result {
	time.Sleep(10 * time.Millisecond)
	if at := time.Since(s.started); at >= s.from && at < s.till {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = append(s.sent, at)
		failure := s.failure
		failure.Attempts = 3
		return failure
	}
	return s.server.erase(ctx, id)
}

// runFlaky runs a list of n ids against a flaky service, with a fake clock.
func runFlaky(t *testing.T, n int, s *flaky, o RunOptions) (r *runner, summary Summary, err error) {
	t.Helper()
	r = newRunner(t, n)
	s.started = time.Now()
	r.options = o
	r.erase = s.erase
	summary, err = r.run(t.Context(), false)
	return r, summary, err
}

// An outage costs nobody anything, whatever it looks like and wherever it begins.
func TestOutage(t *testing.T) {
	t.Parallel()
	for name, failure := range failures {
		for where, from := range map[string]time.Duration{"Begin": 0, "Middle": time.Second, "End": 1160 * time.Millisecond} {
			t.Run(name+where, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					const n = 1000 // 8 in 10 ms: 1.25 s
					s := &flaky{from: from, till: from + 4*time.Second, failure: failure}
					var waits []Wait
					_, summary, err := runFlaky(t, n, s, RunOptions{GiveUpAfter: 15 * time.Minute, Waiting: func(w Wait) { waits = append(waits, w) }})
					if kindOf(failure, false) == mistaken && from == 0 {
						if !errors.Is(err, ErrSameOutcome) || summary.Failed < sameOutcomeLimit || len(waits) > 0 {
							t.Errorf("%+v, %v, want it to stop at once", summary, err)
						}
						return
					}
					if want := (Summary{Accepted: n}); err != nil || summary != want {
						t.Errorf("%+v, %v", summary, err)
					}
					if len(waits) < 2 || !waits[len(waits)-1].Since.IsZero() {
						t.Errorf("reported %+v", waits)
					}
				})
			})
		}
	}
}

// While it waits, a run sends one id after 1 s, 2 s, 4 s and so on up to a minute.
func TestProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []Wait
		s := &flaky{from: time.Second, till: 5 * time.Minute, failure: Result{Outcome: Failed, Code: CodeConnectionRefused}}
		_, summary, err := runFlaky(t, 1000, s, RunOptions{GiveUpAfter: 15 * time.Minute, Waiting: func(w Wait) { waits = append(waits, w) }})
		if err != nil || summary.Accepted != 1000 {
			t.Errorf("%+v, %v", summary, err)
		}
		var gaps []time.Duration
		for i, at := range s.sent {
			if i > 0 && at-s.sent[i-1] > time.Second/2 {
				gaps = append(gaps, (at - s.sent[i-1]).Round(time.Second))
			}
		}
		var want []time.Duration
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
			want = append(want, time.Duration(seconds)*time.Second)
		}
		if !slices.Equal(gaps, want) {
			t.Errorf("probes after %v, want %v", gaps, want)
		}
		if first := waits[0]; first.Cause.Code != CodeConnectionRefused || first.Probe.Sub(first.Since) != time.Second || first.GiveUp.Sub(first.Since) != 15*time.Minute {
			t.Errorf("%+v", first)
		}
	})
}

// The ids that the outage has met are unharmed, and the others untouched.
func TestOutageThatOutlastsThePatience(t *testing.T) {
	t.Parallel()
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &flaky{from: 500 * time.Millisecond, till: time.Hour, failure: failure}
				r, summary, err := runFlaky(t, 1000, s, RunOptions{GiveUpAfter: 10 * time.Second})
				var same *SameOutcomeError
				if !errors.As(err, &same) || same.Waited != 10*time.Second || same.Result.Status != failure.Status || same.Result.Code != failure.Code {
					t.Errorf("%v", err)
				}
				if got := time.Since(s.started); got < 10*time.Second || got > 12*time.Second {
					t.Errorf("gave up after %v", got)
				}
				if bad := summary.Failed + summary.MaybeDeleted; bad < sameOutcomeLimit || bad > sameOutcomeLimit+8+3 || summary.NotSent != 1000-bad-summary.Accepted {
					t.Errorf("%+v", summary)
				}
				s.till = 0
				r.options.Waiting = nil
				if summary, err := r.run(t.Context(), true); err != nil || summary.Accepted != 1000 {
					t.Errorf("resumed: %+v, %v", summary, err)
				}
			})
		})
	}
}

// What may have been erased by a request of the outage settles by the usual rule.
func TestOutageThatErases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 500)
		started := time.Now()
		lost := map[string]bool{}
		r.options = RunOptions{GiveUpAfter: time.Minute}
		r.erase = func(ctx context.Context, id string) Result {
			time.Sleep(10 * time.Millisecond)
			result := r.server.erase(ctx, id)
			if at := time.Since(started); at > 300*time.Millisecond && at < 3*time.Second && result.Outcome == Accepted {
				r.server.mu.Lock()
				defer r.server.mu.Unlock()
				lost[id] = true
				return Result{Outcome: MaybeDeleted, Code: CodeConnectionLost, Attempts: 1}
			}
			return result
		}
		summary, err := r.run(t.Context(), false)
		if want := (Summary{Accepted: 500 - len(lost), MaybeDeleted: len(lost)}); err != nil || summary != want || len(lost) < sameOutcomeLimit {
			t.Errorf("%+v, %v, want %+v", summary, err, want)
		}
	})
}

// During a wait the journal calls no id about to be sent but those that the workers have.
func TestKillDuringAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 50_000)
		path := r.path
		most := 0
		s := &flaky{from: 5 * time.Second, till: time.Minute, failure: Result{Outcome: Failed, Code: CodeConnectionRefused}}
		s.started = time.Now()
		r.erase = s.erase
		probes := 0
		r.options = RunOptions{GiveUpAfter: 15 * time.Minute, Concurrency: 100, Waiting: func(w Wait) {
			if probes++; probes < 3 || w.Since.IsZero() {
				return
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			open := bytes.Count(content, []byte(`"event":"sending"`)) - bytes.Count(content, []byte(`"event":"not_sent"`)) - bytes.Count(content, []byte(`"event":"outcome"`))
			most = max(most, open)
		}}
		if summary, err := r.run(t.Context(), false); err != nil || summary.Accepted != 50_000 {
			t.Errorf("%+v, %v", summary, err)
		}
		if most == 0 || most > 2*100 {
			t.Errorf("a kill would leave %d ids ambiguous", most)
		}
	})
}

// Ids that the service cannot cope with do not keep a run going for ever, nor do they
// stop the others.
func TestIDsThatLookLikeAnOutage(t *testing.T) {
	t.Parallel()
	for _, first := range []int{100, 475} { // in the middle and at the end
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRunner(t, 500)
				bad := map[string]bool{}
				for i := range 25 {
					bad[fmt.Sprintf("c%d", first+i)] = true
				}
				r.options = RunOptions{GiveUpAfter: 15 * time.Minute}
				r.erase = func(ctx context.Context, id string) Result {
					time.Sleep(10 * time.Millisecond)
					if bad[id] {
						return Result{Outcome: MaybeDeleted, Status: 500, Code: "INTERNAL_ERROR", Attempts: 3}
					}
					return r.server.erase(ctx, id)
				}
				summary, err := r.run(t.Context(), false)
				if want := (Summary{Accepted: 475, MaybeDeleted: 25, Unsettled: 25}); summary != want {
					t.Errorf("%+v, %v, want %+v", summary, err, want)
				}
			})
		})
	}
}

// Failures that others disprove as an outage are final.
func TestFailuresAmongSuccesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 3000)
		n := 0
		waits := 0
		r.options = RunOptions{GiveUpAfter: time.Minute, Concurrency: 100, Waiting: func(Wait) { waits++ }}
		r.erase = func(ctx context.Context, id string) Result {
			r.server.mu.Lock()
			n++
			number := n
			r.server.mu.Unlock()
			time.Sleep(time.Second + time.Duration(number%100)*time.Millisecond) // one by one
			if number%10 == 0 {
				return Result{Outcome: Failed, Status: 500}
			}
			return r.server.erase(ctx, id)
		}
		summary, err := r.run(t.Context(), false)
		if want := (Summary{Accepted: 2700, Failed: 300}); err != nil || summary != want || waits > 0 {
			t.Errorf("%+v, %v, %d waits", summary, err, waits)
		}
	})
}

// A failure may be the beginning of an outage even if slow requests that began before it
// succeed after it.
func TestSlowSuccessesAtTheBeginningOfAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 200)
		started := time.Now()
		n := 0
		r.options = RunOptions{GiveUpAfter: time.Minute}
		r.erase = func(ctx context.Context, id string) Result {
			r.server.mu.Lock()
			n++
			slow := n%2 == 0
			r.server.mu.Unlock()
			if at := time.Since(started); at > time.Second && at < 5*time.Second {
				return Result{Outcome: Failed, Code: CodeConnectionRefused}
			}
			time.Sleep(100 * time.Millisecond)
			if slow {
				time.Sleep(time.Second)
			}
			return r.server.erase(ctx, id)
		}
		if summary, err := r.run(t.Context(), false); err != nil || summary != (Summary{Accepted: 200}) {
			t.Errorf("%+v, %v", summary, err)
		}
	})
}

// When the service is back, it is not met by all workers at once.
func TestGentleStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 20_000)
		started := time.Now()
		inside, begun, most := 0, 0, 0 // in the first moment after the outage
		const back = 5 * time.Second
		r.options = RunOptions{GiveUpAfter: time.Minute, Concurrency: 64}
		r.erase = func(ctx context.Context, id string) Result {
			if at := time.Since(started); at > time.Second && at < back {
				time.Sleep(time.Millisecond)
				return Result{Outcome: Failed, Code: CodeConnectionRefused}
			}
			r.server.mu.Lock()
			if inside++; time.Since(started) > back && begun < 45 {
				begun++
				most = max(most, inside)
			}
			r.server.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			r.server.mu.Lock()
			inside--
			r.server.mu.Unlock()
			return r.server.erase(ctx, id)
		}
		summary, err := r.run(t.Context(), false)
		if err != nil || summary.Accepted != 20_000 || most == 0 || most > 40 {
			t.Errorf("%+v, %v, %d at once", summary, err, most)
		}
	})
}

// KeepGoing waits for a service that is away, but does not stop for it.
func TestKeepGoingAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{from: 0, till: time.Hour, failure: Result{Outcome: Failed, Code: CodeConnectionRefused}}
		_, summary, err := runFlaky(t, 200, s, RunOptions{GiveUpAfter: 10 * time.Second, KeepGoing: true})
		if err != nil || summary != (Summary{Failed: 200}) || time.Since(s.started) < 10*time.Second {
			t.Errorf("%+v, %v after %v", summary, err, time.Since(s.started))
		}
	})
}

// Retry-After puts a probe off.
func TestProbeAfterRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{from: time.Second, till: 5 * time.Second, failure: Result{Outcome: MaybeDeleted, Status: 503, RetryAfter: 25 * time.Second}}
		_, summary, err := runFlaky(t, 1000, s, RunOptions{GiveUpAfter: time.Minute})
		if err != nil || summary.Accepted != 1000 || len(s.sent) > sameOutcomeLimit+8 || time.Since(s.started) < 25*time.Second {
			t.Errorf("%+v, %v, %d requests", summary, err, len(s.sent))
		}
	})
}
