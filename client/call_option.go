package client

import "github.com/yuno-community/yuno-customers/internal/wire"

// CallOption adjusts one call. An option with an invalid argument makes the call
// fail with [ErrInvalidArgument] before anything is sent.
type CallOption func(*callConfig) error

type callConfig struct {
	accountCode string    // "": that of the client
	response    *Response // nil: no WithResponse
}

// WithAccountCode sends another account code than the client's, for this call
// only: for organizations that use several accounts with one pair of keys. It is for
// DeleteCustomer; a request to retrieve a customer names no account. The
// code must be visible ASCII and, at Yuno, a UUID.
func WithAccountCode(code string) CallOption {
	return func(call *callConfig) error {
		if err := wire.CheckCredential(code); err != nil {
			return invalid("WithAccountCode: code %v", err)
		}
		call.accountCode = code
		return nil
	}
}

// WithResponse stores the response to the last attempt in dst, on success and on
// failure. If there was no response, only Attempts is set. dst must not be used
// by another goroutine until the call returns.
func WithResponse(dst *Response) CallOption {
	return func(call *callConfig) error {
		if dst == nil {
			return invalid("WithResponse: dst is nil")
		}
		call.response = dst
		return nil
	}
}

// newCallConfig applies the options of a call.
func newCallConfig(opts []CallOption) (callConfig, error) {
	if len(opts) == 0 {
		return callConfig{}, nil // most calls: the one below is allocated
	}
	var call callConfig
	for _, opt := range opts {
		if opt == nil {
			return callConfig{}, invalid("CallOption is nil")
		}
		if err := opt(&call); err != nil {
			return callConfig{}, err
		}
	}
	return call, nil
}
