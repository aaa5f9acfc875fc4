package client

import "github.com/yuno-community/yuno-customers/internal/wire"

// CheckCustomerID returns the error that [Client.DeleteCustomer] would return
// for the id before it sends anything, or nil: for programs that check a list
// before they begin.
//
// A customer id has 1 to 64 characters, each an ASCII letter or digit or one of
// - . _ ~ : = and is neither "." nor "..". All other characters could mean another
// path, another id or none at all to a server or proxy on the way. The error is
// [ErrInvalidArgument]. It names the invalid character and its position, and does
// not repeat the id.
func CheckCustomerID(id string) error {
	if err := wire.CheckCustomerID(id); err != nil {
		return invalid("customer id %v", err)
	}
	return nil
}
