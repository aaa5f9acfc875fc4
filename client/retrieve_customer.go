package client

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

var retrieveCustomer = operation{
	id:       "retrieve-customer",
	name:     "retrieve customer",
	success:  []int{http.StatusOK},
	returns:  true,
	notFound: []statusAndCode{{http.StatusNotFound, wire.CodeNotFound}},
}

// Customer returns the customer with Yuno's id customerID; see [CheckCustomerID]. The
// request names no account, since Yuno documents none for it: the keys decide whose
// customers are searched, and [WithAccountCode] is an invalid argument.
//
// Every failure is an [*Error]. If there is no such customer it is [ErrCustomerNotFound]:
// Yuno documents both 400 CUSTOMER_NOT_FOUND and 404 NOT_FOUND. A 404 without that code
// does not come from the API, so it is [ErrBadRequest]. A 200 with anything but this
// customer is [ErrUnexpectedBody], and [ErrOtherCustomer] if it names others.
//
// Reading has no effect, so failures are retried as those of DeleteCustomer are, and
// [Error.MayHaveApplied] is never set.
//
// After an erasure, the customer is not found or anonymised; Yuno does not document
// which of the two. See [Customer.Anonymised].
func (c *Client) Customer(ctx context.Context, customerID string, opts ...CallOption) (*Customer, error) {
	var retrieval call
	var customer api.Customer
	err := c.prepareRetrieval(ctx, &retrieval, customerID, &customer, opts)
	if err := retrieval.run(ctx, err); err != nil {
		return nil, err
	}
	return newCustomer(customer), nil
}

func (c *Client) prepareRetrieval(ctx context.Context, retrieval *call, customerID string, customer *api.Customer, opts []CallOption) error {
	_, err := retrieval.begin(ctx, c, &retrieveCustomer, customerID, opts)
	if err == nil {
		err = CheckCustomerID(customerID)
	}
	if err == nil {
		err = retrieval.use(api.NewRetrieveCustomerRequest(c.baseURL+"/", customerID))
	}
	retrieval.check = func(body []byte) error {
		return decodeCustomer(body, customer, func() bool { return sameCustomerID(customer.ID, customerID) })
	}
	return err
}

// sameCustomerID reports whether two ids are the same; UUIDs are in either case.
func sameCustomerID(a, b string) bool {
	return a == b || (wire.IsUUID(a) && strings.EqualFold(a, b))
}

// RetrieveCustomerWithResponse implements [api.ClientWithResponsesInterface].
func (a apiClient) RetrieveCustomerWithResponse(ctx context.Context, customerID string, editors ...api.RequestEditorFn) (*api.RetrieveCustomerResponse, error) {
	var retrieval call
	err := a.c.prepareRetrieval(ctx, &retrieval, customerID, new(api.Customer), nil)
	return generated(&retrieval, err,
		func(g *api.Client) (*http.Response, error) { return g.RetrieveCustomer(ctx, customerID, editors...) },
		api.ParseRetrieveCustomerResponse,
		func(r *api.RetrieveCustomerResponse) (bool, *api.Error) {
			return r.JSON200 != nil, cmp.Or(r.JSON400, r.JSON401, r.JSON403, r.JSON404, r.JSON500, r.JSON504)
		})
}
