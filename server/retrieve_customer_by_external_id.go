package server

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// retrieveByExternalID is GET /customers?merchant_customer_id=. It names no account: the
// keys decide whose customers are searched, see PrincipalOf.
type retrieveByExternalID api.RetrieveCustomerByExternalIDRequestObject

var (
	missingExternalID = errorResponse(http.StatusBadRequest, CodeMissingParameters, "merchant_customer_id is required.")
	invalidExternalID = errorResponse(http.StatusBadRequest, CodeInvalidParameters, "merchant_customer_id is not valid.")
)

func (operations) RetrieveCustomerByExternalID(w http.ResponseWriter, _ *http.Request, params api.RetrieveCustomerByExternalIDParams) {
	parsed(w, retrieveByExternalID{Params: params})
}

// check refuses a missing id although the contract does not require it: there is no
// other parameter to find a customer by.
func (op retrieveByExternalID) check() response {
	id := op.Params.MerchantCustomerID
	switch {
	case id == "":
		return missingExternalID
	case wire.CheckMerchantCustomerID(id) != nil:
		return invalidExternalID
	}
	return response{}
}

func (retrieveByExternalID) allowed(Principal) bool { return true }

func (op retrieveByExternalID) call(ctx context.Context, impl api.StrictServerInterface) (response, error) {
	object, err := impl.RetrieveCustomerByExternalID(ctx, api.RetrieveCustomerByExternalIDRequestObject(op))
	return render(object, err, api.RetrieveCustomerByExternalIDResponseObject.VisitRetrieveCustomerByExternalIDResponse, retrieveCustomerResponses)
}

// RetrieveCustomerByExternalID implements [api.StrictServerInterface].
func (Unsupported) RetrieveCustomerByExternalID(context.Context, api.RetrieveCustomerByExternalIDRequestObject) (api.RetrieveCustomerByExternalIDResponseObject, error) {
	return unsupported{}, nil
}

func (unsupported) VisitRetrieveCustomerByExternalIDResponse(w http.ResponseWriter) error {
	return visitUnsupported(w)
}
