package sandbox

import (
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

var _ = register(operation{
	id: "delete-customer", method: http.MethodDelete, path: "/customers/{customer_id}",
	customers: inPath,
})

// DeleteCustomer implements [api.StrictServerInterface].
func (s *store) DeleteCustomer(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	if !s.erase(r.Params.AccountCode, r.CustomerID) {
		return api.DeleteCustomer400JSONResponse{
			Code:     server.CodeCustomerNotFound,
			Messages: []string{"Customer not found."},
		}, nil
	}
	return api.DeleteCustomer202Response{}, nil
}
