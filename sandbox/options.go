package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Option configures what [New] and [Open] start. They report the error of an option
// with an invalid argument.
type Option func(*Sandbox) error

// WithoutListener starts no listener. Requests then reach the sandbox only through
// [Sandbox.Transport], or through a server that uses it as its handler. A
// [testing/synctest] bubble needs this: its clock stands still while a goroutine
// waits for a network.
func WithoutListener() Option {
	return func(s *Sandbox) error {
		s.inMemory = true
		return nil
	}
}

// WithCustomers adds customers to the first account. A customer id has 1 to 64
// characters, each an ASCII letter or digit or one of - . _ ~ : = and is neither "."
// nor "..": the client and the server accept no other. A read returns the id, the
// merchant's id, which is "merchant-" and the id, and the time at which the customer was
// added. By default there are no customers.
func WithCustomers(ids ...string) Option {
	return func(s *Sandbox) error {
		for _, id := range ids {
			s.store.initial = append(s.store.initial, withoutData(id))
		}
		return checkIDs(ids)
	}
}

// WithCustomer adds a customer with data to the first account; see
// [Sandbox.AddCustomer].
func WithCustomer(c Customer) Option {
	return func(s *Sandbox) error {
		s.store.initial = append(s.store.initial, c)
		if err := checkCustomer(c); err != nil {
			return fmt.Errorf("customer: %w", err)
		}
		return nil
	}
}

// WithAnonymisation makes a deletion anonymise the customer. Yuno documents "deleting or
// anonymizing" and not which of them a read shows. A read then finds the customer with
// its ids and timestamps only. A mask that is not empty replaces each text instead of
// removing it. [Sandbox.Customers] leaves the customer out, and a second deletion gets
// CUSTOMER_NOT_FOUND. By default a read does not find a deleted customer.
func WithAnonymisation(mask string) Option {
	return func(s *Sandbox) error {
		s.store.anonymise, s.store.mask = true, mask
		return nil
	}
}

// WithNotFoundStatus sets what a read of an unknown customer gets: 400 is
// CUSTOMER_NOT_FOUND and 404 is NOT_FOUND. Yuno documents both for reads, and only the
// first for a deletion. Defaults to 400.
func WithNotFoundStatus(status int) Option {
	return func(s *Sandbox) error {
		if status != http.StatusBadRequest && status != http.StatusNotFound {
			return fmt.Errorf("the status of a customer that is not found is %d: set 400 or 404", status)
		}
		s.store.notFoundStatus = status
		return nil
	}
}

// WithCredentials adds an account with the given credentials. Given more than once,
// the first call sets the first account. The account code must be a UUID of 36
// characters, and both keys visible ASCII. Two accounts cannot share a public key. By
// default there is one account with random credentials.
func WithCredentials(c Credentials) Option {
	return func(s *Sandbox) error {
		if err := c.Validate(); err != nil {
			return fmt.Errorf("credentials: %w", err)
		}
		if !wire.IsUUID(c.AccountCode) {
			return errors.New("credentials: AccountCode is not a UUID of 36 characters")
		}
		same := func(other Credentials) bool { return other.PublicAPIKey == c.PublicAPIKey }
		if slices.ContainsFunc(s.store.accounts, same) {
			return errors.New("credentials: the public key already belongs to another account")
		}
		s.store.accounts = append(s.store.accounts, c)
		return nil
	}
}

// WithRecordLimit makes [Sandbox.Requests] keep only the last n requests, for a
// sandbox that runs for a long time; 0 keeps none. By default it keeps all.
func WithRecordLimit(n int) Option {
	return func(s *Sandbox) error {
		if n < 0 {
			return fmt.Errorf("the record limit is %d: set 0 or more", n)
		}
		s.recordLimit = n
		return nil
	}
}
