package server

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/api"
)

// retrieveByExternalID is GET /customers?merchant_customer_id=. It names no account: the
// keys decide whose customers are searched, see PrincipalOf.
type retrieveByExternalID api.RetrieveCustomerByExternalIDRequestObject

// maxExternalID is the most characters in a merchant's id ("The Customer Object").
const maxExternalID = 255

var (
	missingExternalID = errorResponse(http.StatusBadRequest, CodeMissingParameters, "merchant_customer_id is required.")
	invalidExternalID = errorResponse(http.StatusBadRequest, CodeInvalidParameters, "merchant_customer_id is not valid.")
)

func (operations) RetrieveCustomerByExternalID(w http.ResponseWriter, _ *http.Request, params api.RetrieveCustomerByExternalIDParams) {
	parsed(w, retrieveByExternalID{Params: params})
}

// check refuses a missing id although the contract does not require it: there is no
// other parameter to find a customer by. Of the characters it refuses only those that
// forge what people read, since the id is the merchant's own.
func (op retrieveByExternalID) check() response {
	id := op.Params.MerchantCustomerID
	switch {
	case id == "":
		return missingExternalID
	case !utf8.ValidString(id), utf8.RuneCountInString(id) > maxExternalID, strings.ContainsFunc(id, unicode.IsControl):
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
