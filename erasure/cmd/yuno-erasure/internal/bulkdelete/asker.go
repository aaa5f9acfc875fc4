package bulkdelete

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// Codes of a 200 that is no result.
const (
	codeOtherCustomer = "other_customer"  // it names others
	codeUnexpected    = "unexpected_body" // it names nobody, or is not JSON
)

// errNoReads is why a survey of a service that retrieves nobody stops at once.
var errNoReads = errors.New("the service does not retrieve customers")

// retrieval is one of the client's ways to retrieve a customer by an id.
type retrieval func(ctx context.Context, id string, opts ...client.CallOption) (*client.Customer, error)

// asker returns a question about one id, which waits and asks again while the service is
// overloaded. verdict says what a customer who was retrieved, or the client's error, means.
func asker(pace *bulk.Pace, retrieve retrieval, verdict func(*client.Customer, error, *survey.Result)) survey.AskFunc {
	return func(ctx context.Context, id string) (survey.Result, error) {
		var result survey.Result
		for try := 1; ; try++ {
			if try > 1 && pace.Wait(ctx) != nil {
				return result, nil // it is not recorded
			}
			var response client.Response
			customer, err := retrieve(ctx, id, client.WithResponse(&response))
			result.Attempts += response.Attempts
			result.Status, result.RequestID = response.StatusCode, printable(response.RequestID)
			result.Code = readCode(err)
			var failure *client.Error
			switch {
			case response.StatusCode == http.StatusMethodNotAllowed, response.StatusCode == http.StatusNotImplemented:
				return result, errNoReads
			case overloaded(response.StatusCode) && try < maxTries && ctx.Err() == nil && errors.As(err, &failure):
				pace.Throttled(min(failure.RetryAfter, maxPause))
				continue
			}
			verdict(customer, err, &result)
			return result, nil
		}
	}
}

// readCode returns the code of a failed retrieval. The body of a response to a retrieval
// may have personal data in every place, so the service's codes are kept only if they have
// the form of Yuno's.
func readCode(err error) string {
	var failure *client.Error
	switch {
	case !errors.As(err, &failure):
		return ""
	case errors.Is(err, client.ErrOtherCustomer):
		return codeOtherCustomer
	case errors.Is(err, client.ErrUnexpectedBody):
		return codeUnexpected
	case failure.StatusCode == 0:
		return causeOf(failure)
	case len(failure.Code) <= maxCode && strings.Trim(failure.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "":
		return failure.Code
	}
	return ""
}

// lookUp asks which customer has an id of the merchant.
func lookUp(yuno *client.Client, pace *bulk.Pace) survey.AskFunc {
	return asker(pace, yuno.CustomerByMerchantID, func(customer *client.Customer, err error, r *survey.Result) {
		switch {
		case err == nil:
			r.CustomerID = customer.Data().ID
			r.Outcome = survey.Found
			if client.CheckCustomerID(r.CustomerID) != nil {
				r.CustomerID, r.Outcome, r.Code = "", survey.Unknown, codeUnexpected
			}
		case errors.Is(err, client.ErrCustomerNotFound):
			r.Outcome = survey.NotFound
		case errors.Is(err, client.ErrOtherCustomer):
			r.Outcome = survey.Ambiguous
		default:
			r.Outcome = survey.Unknown
		}
	})
}

// verify asks what is left of a customer; see [client.Customer.Anonymised].
func verify(yuno *client.Client, pace *bulk.Pace) survey.AskFunc {
	return asker(pace, yuno.Customer, func(customer *client.Customer, err error, r *survey.Result) {
		switch {
		case err == nil && customer.Anonymised():
			r.Outcome = survey.Anonymised
		case err == nil:
			r.Outcome = survey.StillThere
		case errors.Is(err, client.ErrCustomerNotFound):
			r.Outcome = survey.Gone
		default:
			r.Outcome = survey.Unknown
		}
	})
}
