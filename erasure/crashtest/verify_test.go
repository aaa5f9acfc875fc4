package crashtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// tally is the result of a run, for the log: a test whose kills hit nothing proves
// nothing.
type tally struct {
	accepted, ambiguous, refused, erased, untouched int
	attempts, lostAttempts, repeated                int
}

// verify checks that the database and the providers agree with the responses that
// callers had. It wants every erasure to be final.
func (s *system) verify(store *sqlstore.Store, subjects []*subject) (sum tally) {
	s.t.Helper()
	sum = s.verifySubjects(store, subjects)
	s.verifyJobs(store, 3*sum.erased)
	return sum
}

// verifySubjects is verify without the jobs.
func (s *system) verifySubjects(store *sqlstore.Store, subjects []*subject) (sum tally) {
	s.t.Helper()
	erasures, live := s.erasures(store), s.liveCustomers(store)
	for _, c := range subjects {
		found := erasures[c.id]
		delete(erasures, c.id)
		applied := len(found) > 0
		switch {
		case len(found) > 1:
			s.t.Errorf("%s has %d erasures", c.id, len(found))
		case c.accepted > 0 && !applied:
			s.t.Errorf("%s: a response was 202, and there is no erasure", c.id)
		case c.notFound > 0 && !applied:
			s.t.Errorf("%s: a response was CUSTOMER_NOT_FOUND, and the customer was not erased", c.id)
		case c.accepted+c.notFound+c.ambiguous == 0 && applied:
			s.t.Errorf("%s: every response excludes an erasure, and there is one", c.id)
		case live[c.id] == applied:
			s.t.Errorf("%s is live: %v, and has an erasure: %v", c.id, live[c.id], applied)
		}
		sum.accepted += c.accepted
		sum.ambiguous += c.ambiguous
		sum.refused += c.refused
		if !applied {
			sum.untouched++
			s.wantNoRequest(c)
			continue
		}
		sum.erased++
		s.verifyErasure(c, found[0], &sum)
	}
	for id := range erasures {
		s.t.Errorf("%s has an erasure and was never imported", id)
	}
	return sum
}

func (s *system) wantNoRequest(c *subject) {
	s.t.Helper()
	for provider, ref := range c.refs {
		if record := s.sims[provider].Record(ref); record.Asked > 0 {
			s.t.Errorf("%s was not erased, and %s had %d requests", c.id, provider, record.Asked)
		}
	}
}

func (s *system) verifyErasure(c *subject, e erasure.Erasure, sum *tally) {
	s.t.Helper()
	if e.State != erasure.ErasureCompleted || e.FinalAt.IsZero() || len(e.Targets) != len(c.refs) {
		s.t.Errorf("%s: state %s, final at %v, %d targets; want completed and %d", c.id, e.State, e.FinalAt, len(e.Targets), len(c.refs))
	}
	for _, target := range e.Targets {
		record := s.sims[target.Provider].Record(c.refs[target.Provider])
		if problem := wrongTarget(target, record); problem != "" {
			s.t.Errorf("%s at %s: %s\nprovider: %+v\ntarget: %+v", c.id, target.Provider, problem, record, target)
		}
		sum.attempts += target.Attempts
		sum.repeated += record.Gone
		sum.lostAttempts += lostAttempts(target)
	}
}

// lostAttempts counts the attempts without an end.
func lostAttempts(target erasure.Target) (n int) {
	for i, e := range target.Evidence {
		if i > 0 && e.State == erasure.TargetInProgress && target.Evidence[i-1].State == e.State {
			n++
		}
	}
	return n
}

// wrongTarget says what is wrong with a target, if anything is.
func wrongTarget(target erasure.Target, record providersim.Record) string {
	switch {
	case target.State != erasure.TargetSucceeded && target.State != erasure.TargetAlreadyGone:
		return "not succeeded and not already gone"
	case record.Deleted != 1:
		return "the provider did not delete it exactly once"
	case target.State == erasure.TargetAlreadyGone && record.Gone == 0:
		return "already gone, but no response said so"
	case record.Asked > target.Attempts:
		return "more requests than recorded attempts"
	}
	return wrongEvidence(target)
}

// wrongEvidence says what is wrong with the steps of a target or with their times.
func wrongEvidence(target erasure.Target) string {
	for i, e := range target.Evidence {
		if i > 0 && e.At.Before(target.Evidence[i-1].At) {
			return fmt.Sprintf("evidence %d is earlier than the one before", i+1)
		}
	}
	return wrongSteps(target)
}

// wrongSteps says where the evidence is not a walk through the states: each attempt
// begins, ends or is lost, and the next has the next number. Between two attempts, a
// target may be given to a person and taken back.
func wrongSteps(target erasure.Target) string {
	state, attempt := erasure.TargetPending, 0
	for i, e := range target.Evidence {
		switch {
		case e.Attempt == attempt && (orphaned(state, e) || takenBack(state, e)):
		case state.Final():
			return fmt.Sprintf("evidence %d follows a final one", i+1)
		case e.State == erasure.TargetInProgress && e.Attempt != attempt+1:
			return fmt.Sprintf("evidence %d begins attempt %d after %d", i+1, e.Attempt, attempt)
		case e.State != erasure.TargetInProgress && (e.Attempt != attempt || state != erasure.TargetInProgress):
			return fmt.Sprintf("evidence %d ends an attempt that was not under way", i+1)
		}
		state, attempt = e.State, e.Attempt
	}
	if state != target.State || attempt != target.Attempts {
		return "the evidence does not end in the target's state"
	}
	return ""
}

// orphaned reports whether a target has gone to a person because no process has its
// connection.
func orphaned(before erasure.TargetState, e erasure.Evidence) bool {
	return !before.Final() && e.State == erasure.TargetActionRequired && e.Reason == erasure.ReasonProviderNotConfigured
}

// takenBack reports whether a target was taken back from a person because its connection
// is back, was resumed, or works again.
func takenBack(before erasure.TargetState, e erasure.Evidence) bool {
	return before == erasure.TargetActionRequired && e.State == erasure.TargetPending &&
		(e.Reason == "connection_resumed" || e.Reason == "connection_recovered")
}

// liveCustomers returns the customers that were not erased. It checks that nothing
// remains of the others.
func (s *system) liveCustomers(store *sqlstore.Store) map[string]bool {
	s.t.Helper()
	live := map[string]bool{}
	rows, err := store.DB().QueryContext(s.t.Context(), `SELECT id, erased_at IS NULL,
		key IS NULL AND personal IS NULL AND links IS NULL AND merchant_mac IS NULL FROM customers`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var isLive, empty bool
		if err := rows.Scan(&id, &isLive, &empty); err != nil {
			s.t.Fatal(err)
		}
		if isLive == empty {
			s.t.Errorf("%s is live: %v, and its data is gone: %v", id, isLive, empty)
		}
		live[id] = isLive
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return live
}

// verifyJobs checks that every target had one job and that it has ended: there was no
// second fan-out, and no work remains.
func (s *system) verifyJobs(store *sqlstore.Store, targets int) {
	s.t.Helper()
	var jobs, completed int
	err := store.DB().QueryRowContext(s.t.Context(), `SELECT count(*), count(CASE WHEN state = 'completed' THEN 1 END)
		FROM river_job WHERE kind = 'erase_target'`).Scan(&jobs, &completed)
	if err != nil || jobs != targets || completed != targets {
		s.t.Errorf("%d jobs, %d completed, %v; want %d, one per target", jobs, completed, err, targets)
	}
	var open int
	err = store.DB().QueryRowContext(s.t.Context(),
		`SELECT count(*) FROM targets WHERE refs IS NOT NULL OR key IS NOT NULL OR due_at IS NOT NULL`).Scan(&open)
	if err != nil || open > 0 {
		s.t.Errorf("%d targets still have references or are due, %v", open, err)
	}
}

// The verifier must find what it looks for.
func TestWrongTargets(t *testing.T) {
	t.Parallel()
	const began, pending, done = erasure.TargetInProgress, erasure.TargetPending, erasure.TargetSucceeded
	step := func(state erasure.TargetState, attempt int) erasure.Evidence {
		return erasure.Evidence{State: state, Attempt: attempt}
	}
	once := providersim.Record{Asked: 1, Deleted: 1}
	for name, test := range map[string]struct {
		state    erasure.TargetState
		attempts int
		record   providersim.Record
		evidence []erasure.Evidence
		wrong    bool
	}{
		"AtOnce":      {done, 1, once, []erasure.Evidence{step(began, 1), step(done, 1)}, false},
		"Retried":     {done, 2, once, []erasure.Evidence{step(began, 1), step(pending, 1), step(began, 2), step(done, 2)}, false},
		"Lost":        {done, 2, once, []erasure.Evidence{step(began, 1), step(began, 2), step(done, 2)}, false},
		"Stuck":       {began, 1, once, []erasure.Evidence{step(began, 1)}, true},
		"Failed":      {erasure.TargetFailed, 1, once, []erasure.Evidence{step(began, 1), step(erasure.TargetFailed, 1)}, true},
		"NoEffect":    {done, 1, providersim.Record{Asked: 1}, []erasure.Evidence{step(began, 1), step(done, 1)}, true},
		"NeverGone":   {erasure.TargetAlreadyGone, 1, once, []erasure.Evidence{step(began, 1), step(erasure.TargetAlreadyGone, 1)}, true},
		"Unrecorded":  {done, 1, providersim.Record{Asked: 2, Deleted: 1}, []erasure.Evidence{step(began, 1), step(done, 1)}, true},
		"NoEvidence":  {done, 1, once, nil, true},
		"Skipped":     {done, 2, once, []erasure.Evidence{step(began, 2), step(done, 2)}, true},
		"Repeated":    {done, 1, once, []erasure.Evidence{step(began, 1), step(pending, 1), step(began, 1), step(done, 1)}, true},
		"EndedTwice":  {done, 1, once, []erasure.Evidence{step(began, 1), step(done, 1), step(done, 1)}, true},
		"NotBegun":    {done, 1, once, []erasure.Evidence{step(began, 1), step(pending, 1), step(done, 1)}, true},
		"TakenBack":   {done, 2, once, []erasure.Evidence{step(began, 1), step(erasure.TargetActionRequired, 1), {State: pending, Attempt: 1, Reason: "connection_resumed"}, step(began, 2), step(done, 2)}, false},
		"Recovered":   {done, 2, once, []erasure.Evidence{step(began, 1), step(erasure.TargetActionRequired, 1), {State: pending, Attempt: 1, Reason: "connection_recovered"}, step(began, 2), step(done, 2)}, false},
		"ByHand":      {done, 2, once, []erasure.Evidence{step(began, 1), step(erasure.TargetActionRequired, 1), {State: pending, Attempt: 1, Reason: "retried_by_operator"}, step(began, 2), step(done, 2)}, true},
		"Orphaned":    {done, 1, once, []erasure.Evidence{{State: erasure.TargetActionRequired, Reason: erasure.ReasonProviderNotConfigured}, {State: pending, Reason: "connection_resumed"}, step(began, 1), step(done, 1)}, false},
		"NotGiven":    {done, 1, once, []erasure.Evidence{step(erasure.TargetActionRequired, 0), step(pending, 0), step(began, 1), step(done, 1)}, true},
		"OtherNumber": {done, 2, once, []erasure.Evidence{step(began, 1), step(began, 2), step(done, 1)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := erasure.Target{State: test.state, Attempts: test.attempts, Evidence: slices.Clone(test.evidence)}
			if got := wrongTarget(target, test.record); (got != "") != test.wrong {
				t.Errorf("got %q, want a mistake: %v", got, test.wrong)
			}
		})
	}
}
