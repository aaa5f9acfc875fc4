package sandbox

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

var _ = register(operation{
	id: "retrieve-customer-by-external-id", method: http.MethodGet, path: "/customers",
	customers: func(s *store, r *http.Request) []string {
		return s.idsOf(r.URL.Query().Get("merchant_customer_id"))
	},
})

// RetrieveCustomerByExternalID implements [api.StrictServerInterface].
func (s *store) RetrieveCustomerByExternalID(ctx context.Context, r api.RetrieveCustomerByExternalIDRequestObject) (api.RetrieveCustomerByExternalIDResponseObject, error) {
	customer, ok := s.read(ctx, func(c customers) []string { return c.byMerchant[r.Params.MerchantCustomerID] })
	switch {
	case ok:
		return api.RetrieveCustomerByExternalID200JSONResponse(customer), nil
	case s.notFoundStatus == http.StatusNotFound:
		return api.RetrieveCustomerByExternalID404JSONResponse(notFound404), nil
	}
	return api.RetrieveCustomerByExternalID400JSONResponse(notFound400), nil
}
