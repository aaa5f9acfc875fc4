package sandbox

import (
	"errors"
	"fmt"
	"slices"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Option changes what [New] and [Open] start.
type Option func(*Sandbox) error

// WithoutListener starts no listener, so that only [Sandbox.Transport] reaches the sandbox,
// or a server of the caller's own that it is the handler of. A bubble of
// testing/synctest needs this: time in it stands still while anybody waits for a
// network.
func WithoutListener() Option {
	return func(s *Sandbox) error {
		s.inMemory = true
		return nil
	}
}

// WithCustomers makes customers of the first account.
func WithCustomers(ids ...string) Option {
	return func(s *Sandbox) error {
		s.store.initial = append(s.store.initial, ids...)
		return nil
	}
}

// WithCredentials adds an account with given credentials. By default there is one
// account with random ones. The account code must be a UUID of 36 characters, and the
// keys visible ASCII, or no request could be right; no two accounts may share a
// public key.
func WithCredentials(c Credentials) Option {
	return func(s *Sandbox) error {
		if c.AccountCode == "" || c.PublicAPIKey == "" || c.PrivateSecretKey == "" {
			return errors.New("credentials: account code and both keys are needed")
		}
		if !wire.IsUUID(c.AccountCode) {
			return errors.New("credentials: the account code is not a UUID of 36 characters")
		}
		if !wire.IsCredential(c.PublicAPIKey) || !wire.IsCredential(c.PrivateSecretKey) {
			return errors.New("credentials: a key holds something other than visible ASCII")
		}
		same := func(other Credentials) bool { return other.PublicAPIKey == c.PublicAPIKey }
		if slices.ContainsFunc(s.store.accounts, same) {
			return errors.New("credentials: the public key belongs to another account already")
		}
		s.store.accounts = append(s.store.accounts, c)
		return nil
	}
}

// WithRecordLimit has [Sandbox.Requests] keep the last n requests only, or none, for a
// sandbox that runs for long. By default it keeps them all.
func WithRecordLimit(n int) Option {
	return func(s *Sandbox) error {
		if n < 0 {
			return fmt.Errorf("record limit %d: want 0 or more", n)
		}
		s.keep = n
		return nil
	}
}
