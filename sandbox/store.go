package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"maps"
	"net/http"
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
	initial        []Customer // for the first account
	notFoundStatus int        // of a read
	anonymise      bool       // instead of deleting
	mask           string     // of anonymised texts

	mu        sync.Mutex
	accounts  []Credentials
	customers map[string]map[string]record // by account code and id
}

// record is a customer who was added.
type record struct {
	customer Customer
	erased   bool     // a read still finds the customer if it was anonymised
	before   Customer // as it was until its erasure, for Stale
}

var (
	_ api.StrictServerInterface = (*store)(nil)
	_ server.Authenticator      = (*store)(nil)
)

func newStore() *store {
	return &store{notFoundStatus: http.StatusBadRequest, customers: make(map[string]map[string]record)}
}

// complete adds an account if the options added none, and the initial customers.
func (s *store) complete() error {
	if len(s.accounts) == 0 {
		s.addAccount()
	}
	return s.add(s.first().AccountCode, true, s.initial...)
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

var (
	errNoAccount  = errors.New("no account has the code in the first argument: pass Credentials().AccountCode, then the ids")
	errMerchantID = errors.New("another customer of the account has the same merchant's id")
)

// add adds customers. Those whose id is taken replace the customer, or are left out. If it
// returns an error, it has added none.
func (s *store) add(accountCode string, replace bool, added ...Customer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.accounts, func(a Credentials) bool { return a.AccountCode == accountCode }) {
		return errNoAccount
	}
	customers := maps.Clone(s.customers[accountCode])
	if customers == nil {
		customers = make(map[string]record)
	}
	for _, c := range added {
		if r, ok := customers[c.ID]; ok && !r.erased && !replace {
			continue
		}
		for id, other := range customers {
			if id != c.ID && !other.erased && c.MerchantCustomerID != "" && other.customer.MerchantCustomerID == c.MerchantCustomerID {
				return errMerchantID
			}
		}
		customers[c.ID] = record{customer: c}
	}
	s.customers[accountCode] = customers
	return nil
}

// list returns the ids of the customers that have not been erased, sorted.
func (s *store) list(accountCode string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, r := range s.customers[accountCode] {
		if !r.erased {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// idsOf returns the customers of any account that have a merchant's id.
func (s *store) idsOf(merchantID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, customers := range s.customers {
		for id, r := range customers {
			if r.customer.MerchantCustomerID == merchantID {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// erase deletes or anonymises a customer, and reports whether there was one.
func (s *store) erase(accountCode, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.customers[accountCode][id]
	if !ok || r.erased {
		return false
	}
	r.erased, r.before = true, r.customer
	if s.anonymise {
		r.customer = anonymised(r.customer, s.mask)
	}
	s.customers[accountCode][id] = r
	return true
}

// read returns the customer, of the account that the keys of a request belong to, for
// which wanted returns true.
func (s *store) read(ctx context.Context, wanted func(Customer) bool) (Customer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stale := isStale(ctx)
	for _, code := range server.PrincipalOf(ctx).AccountCodes {
		for _, r := range s.customers[code] {
			switch {
			case stale && r.erased && wanted(r.before):
				return r.before, true
			case (s.anonymise || !r.erased) && wanted(r.customer):
				return r.customer, true
			}
		}
	}
	return Customer{}, false
}

// The documented responses to a read for a customer that does not exist.
var (
	notFound400 = api.Error{Code: server.CodeCustomerNotFound, Messages: []string{"Customer not found."}}
	notFound404 = api.Error{Code: server.CodeNotFound, Messages: []string{"Not found."}}
)

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
