package sandbox

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

var _ = register(operation{
	id: "retrieve-customer", method: http.MethodGet, path: "/customers/{customer_id}",
	customers: inPath,
})

// RetrieveCustomer implements [api.StrictServerInterface].
func (s *store) RetrieveCustomer(ctx context.Context, r api.RetrieveCustomerRequestObject) (api.RetrieveCustomerResponseObject, error) {
	customer, ok := s.read(ctx, func(customers) []string { return []string{r.CustomerID} })
	switch {
	case ok:
		return api.RetrieveCustomer200JSONResponse(customer), nil
	case s.notFoundStatus == http.StatusNotFound:
		return api.RetrieveCustomer404JSONResponse(notFound404), nil
	}
	return api.RetrieveCustomer400JSONResponse(notFound400), nil
}
