package bulk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

func TestWhatStopsARun(t *testing.T) {
	t.Parallel()

	t.Run("FirstOnesWithTheSameOutcome", func(t *testing.T) {
		t.Parallel()
		for _, response := range []Result{{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"}, {Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}} {
			r := newRunner(t, 1000)
			r.server.respond = func(string, int) Result { return response }
			summary, err := r.run(t.Context(), false)
			if !errors.Is(err, ErrSameOutcome) || !strings.Contains(err.Error(), response.Code) || summary.NotSent < 900 {
				t.Errorf("%+v, %v", summary, err)
			}
			r = newRunner(t, 100)
			r.server.respond, r.options.KeepGoing = func(string, int) Result { return response }, true
			if summary, err := r.run(t.Context(), false); err != nil || summary.NotSent != 0 {
				t.Errorf("keeping going: %+v, %v", summary, err)
			}
		}
	})

	// In the wrong account, ids that may have been erased are all gone.
	t.Run("GoneOnesProveNothing", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		lost := 0
		r.server.respond = func(string, int) Result {
			if lost++; lost <= 27 {
				return Result{Outcome: MaybeDeleted, Code: CodeNoResponse}
			}
			return Result{Outcome: NotFound, Status: 400, Code: wire.CodeCustomerNotFound}
		}
		if summary, err := r.run(t.Context(), false); !errors.Is(err, ErrSameOutcome) || summary.Unsettled < sameOutcomeLimit {
			t.Fatalf("%+v, %v", summary, err)
		}
		r.options.GiveUpAfter = time.Hour
		if summary, err := r.run(t.Context(), true); !errors.Is(err, ErrSameOutcome) || summary.NotSent == 0 {
			t.Errorf("resumed in the wrong account: %+v, %v", summary, err)
		}
	})

	// After a crash, the first ids of the next run may all be gone.
	t.Run("GoneOnesOfAnAccountThatHasAccepted", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.options.MaxFailures = 5
		r.server.respond = func(id string, _ int) Result {
			if id == "c0" {
				return Result{Outcome: Accepted, Status: 202}
			}
			return Result{Outcome: MaybeDeleted, Status: 400, Code: wire.CodeCustomerNotFound}
		}
		r.options.Concurrency = 1
		if summary, err := r.run(t.Context(), false); err != nil || summary.MaybeDeleted != 99 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("GoneOnesOfAnAccountThatHasAcceptedWhoIsNoLongerListed", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.server.respond = func(id string, n int) Result {
			switch {
			case id == "c0":
				return Result{Outcome: Accepted, Status: 202}
			case n == 1:
				return Result{Outcome: MaybeDeleted, Code: CodeNoResponse}
			}
			return Result{Outcome: NotFound, Status: 400, Code: wire.CodeCustomerNotFound}
		}
		r.options.KeepGoing = true
		if summary, err := r.run(t.Context(), false); err != nil || summary.Unsettled != 99 {
			t.Fatalf("%+v, %v", summary, err)
		}
		r.options.KeepGoing = false
		r.text = strings.TrimPrefix(r.text, "c0\n")
		if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{MaybeDeleted: 99, Unlisted: 1}) {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("OneThatDiffersDoesNotStop", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.server.respond = func(id string, _ int) Result {
			if id == "c3" {
				return Result{Outcome: Accepted, Status: 202}
			}
			return Result{Outcome: NotFound, Status: 400}
		}
		if summary, err := r.run(t.Context(), false); err != nil || summary.NotFound != 99 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("TooManyFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.options.MaxFailures = 5
		n := 0
		r.server.respond = func(string, int) Result {
			if n++; n%2 == 0 {
				return Result{Outcome: Failed, Status: 500}
			}
			return Result{Outcome: Accepted, Status: 202}
		}
		summary, err := r.run(t.Context(), false)
		if !errors.Is(err, ErrTooManyFailures) || summary.Failed < 6 || summary.Failed > 6+8 || summary.NotSent == 0 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("NotInvalidOnes", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		for i := range 2 * sameOutcomeLimit {
			r.text += fmt.Sprintf("a/%d\n", i)
		}
		r.options.MaxFailures = 1
		if summary, err := r.run(t.Context(), false); err != nil || summary != (Summary{Accepted: 1, Invalid: 2 * sameOutcomeLimit}) {
			t.Errorf("%+v, %v", summary, err)
		}
	})
	t.Run("NotDifferentResponsesAboutIDs", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 2*sameOutcomeLimit)
		r.server.respond = func(id string, _ int) Result { return Result{Outcome: Failed, Status: 400, Code: id} }
		if _, err := r.run(t.Context(), false); err != nil {
			t.Error(err)
		}
	})
	t.Run("UnsettledOnesAreFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.options.MaxFailures, r.options.KeepGoing = 5, true
		r.server.respond = func(string, int) Result { return Result{Outcome: MaybeDeleted, Status: 504} }
		if _, err := r.run(t.Context(), false); !errors.Is(err, ErrTooManyFailures) {
			t.Errorf("got %v", err)
		}
	})
}
