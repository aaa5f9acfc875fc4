package server

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// retrieveCustomer is GET /customers/{customer_id}. It names no account: the keys decide
// whose customers are searched, see PrincipalOf.
type retrieveCustomer api.RetrieveCustomerRequestObject

var retrieveCustomerResponses = map[int]content{
	http.StatusOK:       (*recorder).customer,
	http.StatusNotFound: (*recorder).errorResponse, // Yuno documents it beside 400 CUSTOMER_NOT_FOUND
}

func (operations) RetrieveCustomer(w http.ResponseWriter, _ *http.Request, customerID string) {
	parsed(w, retrieveCustomer{CustomerID: customerID})
}

func (op retrieveCustomer) check() response {
	if wire.CheckCustomerID(op.CustomerID) != nil {
		return invalidCustomer
	}
	return response{}
}

func (retrieveCustomer) allowed(Principal) bool { return true }

func (op retrieveCustomer) call(ctx context.Context, impl api.StrictServerInterface) (response, error) {
	object, err := impl.RetrieveCustomer(ctx, api.RetrieveCustomerRequestObject(op))
	return render(object, err, api.RetrieveCustomerResponseObject.VisitRetrieveCustomerResponse, retrieveCustomerResponses)
}

// RetrieveCustomer implements [api.StrictServerInterface].
func (Unsupported) RetrieveCustomer(context.Context, api.RetrieveCustomerRequestObject) (api.RetrieveCustomerResponseObject, error) {
	return unsupported{}, nil
}

func (unsupported) VisitRetrieveCustomerResponse(w http.ResponseWriter) error {
	return visitUnsupported(w)
}
