package server

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// deleteCustomer is DELETE /customers/{customer_id}.
type deleteCustomer api.DeleteCustomerRequestObject

var deleteCustomerResponses = map[int]content{http.StatusAccepted: (*recorder).empty}

func (operations) DeleteCustomer(w http.ResponseWriter, _ *http.Request, customerID string, params api.DeleteCustomerParams) {
	parsed(w, deleteCustomer{CustomerID: customerID, Params: params})
}

func (op deleteCustomer) check() response {
	switch {
	case !wire.IsUUID(op.Params.AccountCode):
		return invalidAccount
	case wire.CheckCustomerID(op.CustomerID) != nil:
		return invalidCustomer
	}
	return response{}
}

func (op deleteCustomer) allowed(p Principal) bool { return p.hasAccount(op.Params.AccountCode) }

func (op deleteCustomer) call(ctx context.Context, impl api.StrictServerInterface) (response, error) {
	object, err := impl.DeleteCustomer(ctx, api.DeleteCustomerRequestObject(op))
	return render(object, err, api.DeleteCustomerResponseObject.VisitDeleteCustomerResponse, deleteCustomerResponses)
}

// DeleteCustomer implements [api.StrictServerInterface].
func (Unsupported) DeleteCustomer(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return unsupported{}, nil
}

func (unsupported) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	return visitUnsupported(w)
}
