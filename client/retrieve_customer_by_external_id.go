package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/yuno-community/yuno-customers/api"
)

// RetrieveCustomerByExternalIDWithResponse sends nothing, for the reason given at
// RetrieveCustomerWithResponse.
func (apiClient) RetrieveCustomerByExternalIDWithResponse(context.Context, *api.RetrieveCustomerByExternalIDParams, ...api.RequestEditorFn) (*api.RetrieveCustomerByExternalIDResponse, error) {
	return nil, fmt.Errorf("client: RetrieveCustomerByExternalID: %w: use api.NewClientWithResponses", errors.ErrUnsupported)
}
