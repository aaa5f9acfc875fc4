package client

import "github.com/yuno-community/yuno-customers/internal/wire"

// CheckCustomerID returns the error that [Client.DeleteCustomer] would return for
// the id before it sends anything, or nil: for programs that check a list before
// they begin. The error is [ErrInvalidArgument] and does not repeat the id.
func CheckCustomerID(id string) error {
	if err := wire.CheckCustomerID(id); err != nil {
		return invalid("customer id %v", err)
	}
	return nil
}

// BaseURL is where calls go, without a trailing slash: what [WithBaseURL] or the
// prefix of the public key decided.
func (c *Client) BaseURL() string {
	if c == nil {
		return ""
	}
	return c.baseURL
}
