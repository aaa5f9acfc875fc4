package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/yuno-community/yuno-customers/api"
)

// RetrieveCustomerWithResponse sends nothing: the rules of this client, such as when to
// try again and what counts as success, are those of an erasure.
func (apiClient) RetrieveCustomerWithResponse(context.Context, string, ...api.RequestEditorFn) (*api.RetrieveCustomerResponse, error) {
	return nil, fmt.Errorf("client: RetrieveCustomer: %w: use api.NewClientWithResponses", errors.ErrUnsupported)
}
