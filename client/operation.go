package client

import (
	"errors"
	"net/http"
	"slices"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// operation is what the machinery of a call needs to know about an operation of the
// contract. The rest of it is in the file with its name.
type operation struct {
	id   string // the specification's operationId, for the log
	name string // begins the text of its errors

	// success are the statuses of a success.
	success []int

	// returns reports whether a success consists of its whole body, which is personal
	// data. Otherwise the status alone decides.
	returns bool

	// changes reports whether a request may have an effect even if its response is lost.
	changes bool

	// ofAccount reports whether a request names an account.
	ofAccount bool

	// notFound are responses by which there is no such customer, beside every 4xx with
	// CUSTOMER_NOT_FOUND.
	notFound []statusAndCode
}

type statusAndCode struct {
	status int
	code   string
}

// succeeds reports whether status is that of a success.
func (op *operation) succeeds(status int) bool { return slices.Contains(op.success, status) }

// done reports whether an attempt was a success. A body over the limit is none in any
// case: it does not come from Yuno.
func (op *operation) done(r *attemptResult) bool {
	return op.succeeds(r.status()) && (r.err == nil || (!op.returns && !errors.Is(r.err, ErrTooLarge)))
}

// ambiguous reports whether an attempt that was no success may have had its effect all
// the same. Both the response and the calls of the network layer count: middleware may
// have retried by itself, or made up the response.
func (op *operation) ambiguous(r *attemptResult) bool {
	return op.changes && (r.networkAmbiguous || (r.resp != nil && ambiguousStatus(r.status())))
}

// lacksCustomer reports whether a response says that there is no such customer.
func (op *operation) lacksCustomer(status int, code string) bool {
	return (status >= 400 && status < 500 && code == wire.CodeCustomerNotFound) ||
		slices.Contains(op.notFound, statusAndCode{status, code})
}

// ambiguousStatus reports whether a request may have had its effect although the status
// is not that of a success. With 408 and 5xx it may have been accepted before something
// failed: proxies return 502 to 504 for requests that they passed on. A success that
// the contract does not define may mean accepted.
func ambiguousStatus(status int) bool {
	return status < 300 || status == http.StatusRequestTimeout || status >= 500
}
