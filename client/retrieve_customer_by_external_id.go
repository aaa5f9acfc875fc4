package client

import (
	"cmp"
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

var retrieveCustomerByExternalID = operation{
	id:       "retrieve-customer-by-external-id",
	name:     "retrieve customer by merchant id",
	success:  []int{http.StatusOK},
	returns:  true,
	notFound: []statusAndCode{{http.StatusNotFound, wire.CodeNotFound}},
}

// CustomerByMerchantID returns the customer with the merchant's own id merchantCustomerID;
// see [CheckMerchantCustomerID]. In all else it is like [Client.Customer].
func (c *Client) CustomerByMerchantID(ctx context.Context, merchantCustomerID string, opts ...CallOption) (*Customer, error) {
	var retrieval call
	var customer api.Customer
	err := c.prepareRetrievalByMerchantID(ctx, &retrieval, merchantCustomerID, &customer, opts)
	if err := retrieval.run(ctx, err); err != nil {
		return nil, err
	}
	return newCustomer(customer), nil
}

func (c *Client) prepareRetrievalByMerchantID(ctx context.Context, retrieval *call, merchantCustomerID string, customer *api.Customer, opts []CallOption) error {
	_, err := retrieval.begin(ctx, c, &retrieveCustomerByExternalID, merchantCustomerID, opts)
	if err == nil {
		err = CheckMerchantCustomerID(merchantCustomerID)
	}
	if err == nil {
		params := &api.RetrieveCustomerByExternalIDParams{MerchantCustomerID: merchantCustomerID}
		err = retrieval.use(api.NewRetrieveCustomerByExternalIDRequest(c.baseURL+"/", params))
	}
	retrieval.check = func(body []byte) error {
		return decodeCustomer(body, customer, func() bool { return customer.MerchantCustomerID == merchantCustomerID })
	}
	return err
}

// CheckMerchantCustomerID returns the error that [Client.CustomerByMerchantID] would
// return for the id before it sends anything, or nil.
//
// A merchant's id of a customer has 1 to 255 characters ("The Customer Object"). It is
// sent escaped in the query, so every character is accepted but control characters and
// what is not valid UTF-8. The error is [ErrInvalidArgument] and does not repeat the id.
func CheckMerchantCustomerID(id string) error {
	if err := wire.CheckMerchantCustomerID(id); err != nil {
		return invalid("merchant customer id %v", err)
	}
	return nil
}

// RetrieveCustomerByExternalIDWithResponse implements [api.ClientWithResponsesInterface].
func (a apiClient) RetrieveCustomerByExternalIDWithResponse(ctx context.Context, params *api.RetrieveCustomerByExternalIDParams, editors ...api.RequestEditorFn) (*api.RetrieveCustomerByExternalIDResponse, error) {
	if params == nil {
		params = new(api.RetrieveCustomerByExternalIDParams) // its empty id is invalid
	}
	var retrieval call
	err := a.c.prepareRetrievalByMerchantID(ctx, &retrieval, params.MerchantCustomerID, new(api.Customer), nil)
	return generated(&retrieval, err,
		func(g *api.Client) (*http.Response, error) {
			return g.RetrieveCustomerByExternalID(ctx, params, editors...)
		},
		api.ParseRetrieveCustomerByExternalIDResponse,
		func(r *api.RetrieveCustomerByExternalIDResponse) (bool, *api.Error) {
			return r.JSON200 != nil, cmp.Or(r.JSON400, r.JSON401, r.JSON403, r.JSON404, r.JSON500, r.JSON504)
		})
}
