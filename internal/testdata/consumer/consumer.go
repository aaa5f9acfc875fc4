// Package consumer is what a merchant's code looks like from outside the
// module: a client of its own that embeds the generated one.
package consumer

import (
	"context"
	"fmt"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

// Client embeds the generated client and adds what this consumer needs.
type Client struct {
	api.ClientWithResponsesInterface
	account string
}

// New returns a client for one account.
func New(baseURL, account string, keys func(*http.Request)) (*Client, error) {
	generated, err := api.NewClientWithResponses(baseURL, api.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error { keys(r); return nil }))
	if err != nil {
		return nil, err
	}
	return &Client{generated, account}, nil
}

// Erase deletes a customer and takes nothing but 202 for success.
func (c *Client) Erase(ctx context.Context, id string) error {
	answer, err := c.DeleteCustomerWithResponse(ctx, id, &api.DeleteCustomerParams{AccountCode: c.account})
	if err != nil {
		return err
	}
	if answer.StatusCode() != http.StatusAccepted {
		return fmt.Errorf("delete customer: %s", answer.Status())
	}
	return nil
}

var _ api.StrictServerInterface = Server{}

// Server implements the contract, to show that it can be from outside.
type Server struct{}

// DeleteCustomer accepts every delete.
func (Server) DeleteCustomer(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return api.DeleteCustomer202Response{}, nil
}
