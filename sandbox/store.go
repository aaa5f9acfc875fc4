package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"maps"
	"slices"
	"sync"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/server"
)

// Credentials are those of one account: fields AccountCode, PublicAPIKey and
// PrivateSecretKey. The type is the same as client.Credentials. Printed, logged
// or marshalled, Credentials show the account code and never the keys; to pass
// them on, use the fields.
type Credentials = wire.Credentials

// store keeps accounts and customers. It is the implementation and the authenticator
// of the real server.
type store struct {
	server.Unsupported // customers have no data to retrieve

	initial []string // customers for the first account

	mu        sync.Mutex
	accounts  []Credentials
	customers map[string]map[string]bool // by account code and id
}

var (
	_ api.StrictServerInterface = (*store)(nil)
	_ server.Authenticator      = (*store)(nil)
)

func newStore() *store {
	return &store{customers: make(map[string]map[string]bool)}
}

// ensureAccount adds an account if the options added none, and the initial customers.
func (s *store) ensureAccount() {
	if len(s.accounts) == 0 {
		s.addAccount()
	}
	s.add(s.first().AccountCode, s.initial)
}

func (s *store) addAccount() Credentials {
	c := Credentials{
		AccountCode:      wire.NewUUID(),
		PublicAPIKey:     "sandbox_" + rand.Text(),
		PrivateSecretKey: "sandbox_" + rand.Text(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, c)
	return c
}

func (s *store) first() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[0]
}

// keys returns the keys of every account.
func (s *store) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for _, c := range s.accounts {
		keys = append(keys, c.PublicAPIKey, c.PrivateSecretKey)
	}
	return keys
}

// add reports whether the account exists.
func (s *store) add(accountCode string, ids []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.accounts, func(c Credentials) bool { return c.AccountCode == accountCode }) {
		return false
	}
	if s.customers[accountCode] == nil {
		s.customers[accountCode] = make(map[string]bool)
	}
	for _, id := range ids {
		s.customers[accountCode][id] = true
	}
	return true
}

func (s *store) list(accountCode string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.customers[accountCode]))
}

// Authenticate implements [server.Authenticator].
func (s *store) Authenticate(_ context.Context, keys server.Keys) (server.Principal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.accounts {
		if c.PublicAPIKey == keys.PublicAPIKey &&
			subtle.ConstantTimeCompare([]byte(c.PrivateSecretKey), []byte(keys.PrivateSecretKey)) == 1 {
			return server.Principal{AccountCodes: []string{c.AccountCode}}, nil
		}
	}
	return server.Principal{}, server.ErrInvalidCredentials
}

// DeleteCustomer implements [api.StrictServerInterface].
func (s *store) DeleteCustomer(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	customers := s.customers[r.Params.AccountCode]
	if !customers[r.CustomerID] {
		return api.DeleteCustomer400JSONResponse{
			Code:     server.CodeCustomerNotFound,
			Messages: []string{"Customer not found."},
		}, nil
	}
	delete(customers, r.CustomerID)
	return api.DeleteCustomer202Response{}, nil
}
