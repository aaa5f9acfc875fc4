package bulkdelete

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/server"
)

const (
	// maxPause bounds how long one Retry-After can stop a run.
	maxPause = 15 * time.Minute
	// maxTries is how often an id is handed to the client, which gives up after retries
	// of its own, while the service is overloaded.
	maxTries = 3
	// overloadInRow is how many overloaded responses in a row are an outage. The run waits
	// for its end, which costs less than each id that does so.
	overloadInRow = 8
)

// eraser returns a function that erases one customer with the client, and that waits
// and tries again while the service is overloaded. It stops waiting when the context
// run ends.
func eraser(run context.Context, yuno *client.Client, pace *bulk.Pace) bulk.EraseFunc {
	var inRow atomic.Int64 // overloaded responses
	return func(ctx context.Context, id string) bulk.Result {
		var result bulk.Result
		mayHaveApplied := false
		for try := 1; ; try++ {
			if try > 1 && pace.Wait(run) != nil {
				break // the last response is the result
			}
			var response client.Response
			err := yuno.DeleteCustomer(ctx, id, client.WithResponse(&response))
			result.Attempts += response.Attempts
			result.Status, result.RequestID, result.Code, result.RetryAfter = response.StatusCode, response.RequestID, "", 0
			var failure *client.Error
			if errors.As(err, &failure) {
				result.Code = codeOf(failure)
				result.RetryAfter = min(failure.RetryAfter, maxPause)
				mayHaveApplied = mayHaveApplied || failure.MayHaveApplied
			}
			result.Outcome = outcomeOf(err, mayHaveApplied)
			if isUnfinished(failure) {
				result.Outcome, result.Code = bulk.Failed, bulk.CodeErasureUnfinished
			}
			if !overloaded(response.StatusCode) {
				inRow.Store(0)
				break
			}
			if inRow.Add(1) > overloadInRow || try == maxTries || ctx.Err() != nil {
				break
			}
			pace.Throttled(result.RetryAfter)
		}
		return result
	}
}

func outcomeOf(err error, mayHaveApplied bool) bulk.Outcome {
	switch {
	case err == nil:
		return bulk.Accepted
	case mayHaveApplied:
		return bulk.MaybeDeleted
	case errors.Is(err, client.ErrCustomerNotFound):
		return bulk.NotFound
	case errors.Is(err, client.ErrInvalidArgument):
		return bulk.Invalid
	}
	return bulk.Failed
}

// isUnfinished reports whether the service says that the customer was erased before, and
// that the erasure waits for a person. Then the customer's data may still be at a provider,
// no matter who asked for that erasure.
func isUnfinished(e *client.Error) bool {
	return e != nil && errors.Is(e, client.ErrCustomerNotFound) &&
		erasure.ErasureState(e.Header.Get(server.ErasureStateHeader)) == erasure.ErasureAttentionRequired
}

func overloaded(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// reportOverload returns middleware that reports every response of 429 and 503 to the
// pace, including those that the client retries.
func reportOverload(pace *bulk.Pace) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err == nil && overloaded(response.StatusCode) {
				wait, _ := wire.ParseRetryAfter(response.Header.Get("Retry-After"), time.Now())
				pace.Throttled(min(wait, maxPause))
			}
			return response, err
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
