// Package consumer stands for a merchant's code in another module. Its client
// embeds the generated one.
package consumer

import (
	"context"
	"fmt"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// Client embeds the generated client and adds the account code.
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

// Erase deletes a customer. Any status but 202 is an error.
func (c *Client) Erase(ctx context.Context, id string) error {
	response, err := c.DeleteCustomerWithResponse(ctx, id, &api.DeleteCustomerParams{AccountCode: c.account})
	if err != nil {
		return err
	}
	if response.StatusCode() != http.StatusAccepted {
		return fmt.Errorf("delete customer: %s", response.Status())
	}
	return nil
}

var _ api.StrictServerInterface = Server{}

// Server shows that another module can implement a part of the contract.
type Server struct{ server.Unsupported }

// DeleteCustomer accepts every delete.
func (Server) DeleteCustomer(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return api.DeleteCustomer202Response{}, nil
}
