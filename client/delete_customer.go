package client

import (
	"cmp"
	"context"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

var deleteCustomer = operation{
	id:        "delete-customer",
	name:      "delete customer",
	success:   []int{http.StatusAccepted, http.StatusNoContent}, // 204 in another of Yuno's specifications
	changes:   true,
	ofAccount: true,
}

// DeleteCustomer asks Yuno to erase a customer: to delete or anonymise the
// customer at Yuno, and to have the customer deleted at every payment provider
// that it has used. An erasure cannot be undone. customerID is Yuno's own id of
// the customer, not the merchant's; see [CheckCustomerID].
//
// nil means that Yuno accepted the erasure (202 or 204), not that every provider
// has carried it out; Yuno documents no way to find out. Every other result is an
// [*Error], including for an invalid argument, when nothing is sent. Use
// errors.Is with the sentinel errors of this package.
//
// Temporary failures are retried, see [WithRetry]. If a response was lost, the
// customer may be erased although the call failed: see [Error.MayHaveApplied].
//
// The call ends when ctx does. A deadline on ctx covers all attempts.
func (c *Client) DeleteCustomer(ctx context.Context, customerID string, opts ...CallOption) error {
	var deletion call
	_, err := c.prepareDeletion(ctx, &deletion, customerID, opts)
	return deletion.run(ctx, err)
}

// prepareDeletion returns the account code that the request names.
func (c *Client) prepareDeletion(ctx context.Context, deletion *call, customerID string, opts []CallOption) (string, error) {
	cfg, err := deletion.begin(ctx, c, &deleteCustomer, customerID, opts)
	if err == nil {
		err = CheckCustomerID(customerID)
	}
	if err != nil {
		return "", err
	}
	template := c.template
	if cfg.accountCode != "" {
		if err := checkAccountCode(cfg.accountCode, &template.url); err != nil {
			return "", err
		}
		if template, err = template.withAccountCode(cfg.accountCode); err != nil {
			return "", err
		}
	}
	deletion.request = template.request(customerID)
	return template.accountCode, nil
}

// DeleteCustomerWithResponse implements [api.ClientWithResponsesInterface].
func (a apiClient) DeleteCustomerWithResponse(ctx context.Context, customerID string, params *api.DeleteCustomerParams, editors ...api.RequestEditorFn) (*api.DeleteCustomerResponse, error) {
	var opts []CallOption
	if params != nil && params.AccountCode != "" {
		opts = append(opts, WithAccountCode(params.AccountCode))
	}
	var deletion call
	account, err := a.c.prepareDeletion(ctx, &deletion, customerID, opts)
	return generated(&deletion, err,
		func(g *api.Client) (*http.Response, error) {
			return g.DeleteCustomer(ctx, customerID, &api.DeleteCustomerParams{AccountCode: account}, editors...)
		},
		api.ParseDeleteCustomerResponse,
		func(r *api.DeleteCustomerResponse) (bool, *api.Error) {
			return true, cmp.Or(r.JSON400, r.JSON401, r.JSON403, r.JSON500, r.JSON504)
		})
}
