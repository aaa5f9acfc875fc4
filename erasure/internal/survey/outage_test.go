package survey_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// Twenty requests in a row that fail stop a run without patience, at any place; what the
// service says about an id is no failure.
func TestOutage(t *testing.T) {
	t.Parallel()
	refused := survey.Result{Outcome: survey.Unknown, Status: 401, Code: "INVALID_CREDENTIALS"}
	found := survey.Result{Outcome: survey.Found, CustomerID: "c", Status: 200}
	for name, tc := range map[string]struct {
		respond func(request int) survey.Result
		asked   int
	}{
		"AtOnce":      {func(int) survey.Result { return refused }, 20},
		"InTheMiddle": {func(n int) survey.Result { return pick(n > 30, refused, found) }, 50},
		"OneGood":     {func(n int) survey.Result { return pick(n%20 > 0, refused, found) }, 60},
		"Differing":   {func(n int) survey.Result { r := refused; r.Code = strconv.Itoa(n % 2); return r }, 20},
		"AboutTheID": {func(int) survey.Result {
			return survey.Result{Outcome: survey.Unknown, Status: 400, Code: "INVALID_REQUEST"}
		}, 60},
		"PageOfAProxy": {func(int) survey.Result { return survey.Result{Outcome: survey.Unknown, Status: 400} }, 20},
		"OfACustomer":  {func(int) survey.Result { return survey.Result{Outcome: survey.NotFound, Status: 404} }, 60},
		"WithoutAtAll": {func(int) survey.Result { return survey.Result{Outcome: survey.Unknown} }, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			tr := &trial{journal: newJournal(t), respond: func(string) (survey.Result, error) { n++; return tc.respond(n), nil }}
			o := tr.run(t, listOf(numberedIDs(60)...))
			var outage *survey.OutageError
			if stopped := errors.As(o.err, &outage); stopped != (tc.asked < 60) || len(tr.asked) != tc.asked || len(o.results) != tc.asked {
				t.Errorf("got %v after %d requests, %d results", o.err, len(tr.asked), len(o.results))
			}
		})
	}
}

func pick(first bool, a, b survey.Result) survey.Result {
	if first {
		return a
	}
	return b
}

// service is one that fails from one request to another, by the clock of the test.
type service struct {
	begun       time.Time
	from, until time.Duration
	failure     survey.Result
	ids         map[string]bool // that always fail
	slow        time.Duration   // of the request for the first id; 0 for a second

	mu             sync.Mutex
	underWay, most int // requests at once that began while the run waited, and the most of these
}

// enter counts a request until leave is called.
func (s *service) enter() (leave func()) {
	now := time.Since(s.begun)
	if now < s.from+5*time.Second || now >= s.until { // after 4 seconds the run waits
		return func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underWay++
	s.most = max(s.most, s.underWay)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.underWay--
	}
}

func (s *service) respond(id string) (survey.Result, error) {
	now := time.Since(s.begun)
	if now >= s.from && now < s.until && (id != "m0" || s.slow == 0) || s.ids[id] {
		return s.failure, nil
	}
	return survey.Result{Outcome: survey.Gone, Status: 404}, nil
}

// runWith runs a survey of n ids, which takes a second for each of 8 ids at once.
func (s *service) runWith(t *testing.T, n int, o survey.RunOptions) (counts map[survey.Outcome]int, asked int, outcome error) {
	t.Helper()
	s.begun = time.Now()
	list, err := survey.Scan(t.Context(), listOf(numberedIDs(n)...))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	sv, err := survey.Open(t.Context(), list, (&trial{journal: newJournal(t)}).complete())
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int64
	outcome = sv.Run(t.Context(), func(ctx context.Context, id string) (survey.Result, error) {
		requests.Add(1)
		defer s.enter()()
		took := time.Second
		if id == "m0" {
			took = max(took, s.slow)
		}
		select {
		case <-time.After(took):
		case <-ctx.Done():
		}
		return s.respond(id)
	}, o)
	counts = sv.Counts()
	if err := sv.Close(); err != nil {
		t.Fatal(err)
	}
	return counts, int(requests.Load()), outcome
}

// A service that comes back costs nobody a result, and is not besieged meanwhile.
func TestWaitsForTheService(t *testing.T) {
	t.Parallel()
	away := survey.Result{Outcome: survey.Unknown, Code: "connection_refused"}
	for name, s := range map[string]*service{
		"Middle":   {from: 10 * time.Second, until: 5 * time.Minute, failure: away},
		"Start":    {until: 5 * time.Minute, failure: away},
		"Mistake":  {from: 10 * time.Second, until: 5 * time.Minute, failure: survey.Result{Outcome: survey.Unknown, Status: 401}},
		"NearEnd":  {from: 46 * time.Second, until: 5 * time.Minute, failure: away},
		"AtTheEnd": {from: 47500 * time.Millisecond, until: 5 * time.Minute, failure: away},
		"LateOne":  {from: 10 * time.Second, until: 5 * time.Minute, failure: away, slow: 11500 * time.Millisecond},
		"Poisoned": {from: time.Hour, until: time.Hour, failure: away, ids: set(100, 130)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var waits []bulk.Wait
				counts, asked, err := s.runWith(t, 400, survey.RunOptions{
					GiveUpAfter: 15 * time.Minute, Waiting: func(w bulk.Wait) { waits = append(waits, w) },
				})
				if err != nil || counts[survey.Gone] != 400-len(s.ids) || counts[survey.Unknown] != len(s.ids) {
					t.Errorf("got %v, %v", err, counts)
				}
				if asked > 400+50+3*len(s.ids) { // 20 to 36 failures, a probe a minute, and each id that always fails thrice
					t.Errorf("sent %d requests", asked)
				}
				if s.most > 1 {
					t.Errorf("sent %d requests at once to a service that is away", s.most)
				}
				if len(waits) == 0 || waits[len(waits)-1] != (bulk.Wait{}) || waits[0].Cause.Code != s.failure.Code ||
					!waits[0].Probe.After(waits[0].Since) || waits[0].GiveUp.Sub(waits[0].Since) != 15*time.Minute {
					t.Errorf("waited %+v", waits)
				}
			})
		})
	}
}

func set(from, to int) map[string]bool {
	ids := map[string]bool{}
	for i := from; i < to; i++ {
		ids[fmt.Sprintf("m%d", i)] = true
	}
	return ids
}

// A service that stays away ends the run when its patience is over, and wrong keys from
// the beginning end it at once.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service *service
		waited  time.Duration
	}{
		"Away":    {&service{from: 10 * time.Second, until: time.Hour, failure: survey.Result{Outcome: survey.Unknown, Status: 503}}, 15 * time.Minute},
		"Mistake": {&service{until: time.Hour, failure: survey.Result{Outcome: survey.Unknown, Status: 401}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				counts, asked, err := tc.service.runWith(t, 400, survey.RunOptions{GiveUpAfter: 15 * time.Minute})
				var outage *survey.OutageError
				if !errors.As(err, &outage) || outage.Waited != tc.waited || outage.Result.Status != tc.service.failure.Status {
					t.Errorf("got %v", err)
				}
				results := counts[survey.Gone] + counts[survey.Unknown]
				if asked > 160 || results > asked || tc.waited > 0 && results < asked { // what was broken off has none
					t.Errorf("sent %d requests, %v", asked, counts)
				}
				if took := time.Since(tc.service.begun); took < tc.waited || took > tc.waited+2*time.Minute {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// Ids that always fail do not keep a run waiting when nothing else is left.
func TestNothingLeftToWaitFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{failure: survey.Result{Outcome: survey.Unknown, Status: 500}, ids: set(375, 400)}
		var last bulk.Wait
		counts, _, err := s.runWith(t, 400, survey.RunOptions{GiveUpAfter: 24 * time.Hour, Waiting: func(w bulk.Wait) { last = w }})
		if err != nil || counts[survey.Gone] != 375 || counts[survey.Unknown] != 25 || last != (bulk.Wait{}) {
			t.Errorf("got %v, %v, waiting %+v", err, counts, last)
		}
	})
}
