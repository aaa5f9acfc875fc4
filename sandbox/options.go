package sandbox

import (
	"errors"
	"fmt"
	"slices"
)

// Option changes what [New] and [Open] start.
type Option func(*Sandbox) error

// InMemory starts no listener, so that only [Sandbox.Transport] reaches the sandbox,
// or a server of the caller's own that it is the handler of. A bubble of
// testing/synctest needs this: time in it stands still while anybody waits for a
// network.
func InMemory() Option {
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
// account with random ones. The account code must be a UUID for the server to take
// it, and no two accounts may share a public key.
func WithCredentials(c Credentials) Option {
	return func(s *Sandbox) error {
		if c.AccountCode == "" || c.PublicAPIKey == "" || c.PrivateSecretKey == "" {
			return errors.New("credentials: account code and both keys are needed")
		}
		same := func(other Credentials) bool { return other.PublicAPIKey == c.PublicAPIKey }
		if slices.ContainsFunc(s.store.accounts, same) {
			return errors.New("credentials: the public key belongs to another account already")
		}
		s.store.accounts = append(s.store.accounts, c)
		return nil
	}
}

// RecordLast has [Sandbox.Requests] keep the last n requests only, or none, for a
// sandbox that runs for long. By default it keeps them all.
func RecordLast(n int) Option {
	return func(s *Sandbox) error {
		if n < 0 {
			return fmt.Errorf("record last %d requests: want 0 or more", n)
		}
		s.keep = n
		return nil
	}
}
