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
	customers map[string]customers // by account code
}

// customers are those of an account.
type customers struct {
	records    map[string]record   // by id
	byMerchant map[string][]string // ids by merchant's id; erased customers may share one
}

func (c customers) clone() customers {
	merchants := make(map[string][]string, len(c.byMerchant))
	for merchantID, ids := range c.byMerchant {
		merchants[merchantID] = slices.Clone(ids)
	}
	records := maps.Clone(c.records)
	if records == nil {
		records = make(map[string]record)
	}
	return customers{records, merchants}
}

// put adds or replaces a customer.
func (c customers) put(added Customer) {
	if before, ok := c.records[added.ID]; ok {
		old := before.customer.MerchantCustomerID
		c.byMerchant[old] = slices.DeleteFunc(c.byMerchant[old], func(id string) bool { return id == added.ID })
	}
	c.records[added.ID] = record{customer: added}
	c.byMerchant[added.MerchantCustomerID] = append(c.byMerchant[added.MerchantCustomerID], added.ID)
}

// taken reports whether another customer, who is not erased, has the merchant's id.
func (c customers) taken(added Customer) bool {
	return added.MerchantCustomerID != "" && slices.ContainsFunc(c.byMerchant[added.MerchantCustomerID], func(id string) bool {
		return id != added.ID && !c.records[id].erased
	})
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
	return &store{notFoundStatus: http.StatusBadRequest, customers: make(map[string]customers)}
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
	all := s.customers[accountCode].clone()
	for _, c := range added {
		if r, ok := all.records[c.ID]; ok && !r.erased && !replace {
			continue
		}
		if all.taken(c) {
			return errMerchantID
		}
		all.put(c)
	}
	s.customers[accountCode] = all
	return nil
}

// list returns the ids of the customers that have not been erased, sorted.
func (s *store) list(accountCode string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, r := range s.customers[accountCode].records {
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
		ids = append(ids, customers.byMerchant[merchantID]...)
	}
	return ids
}

// erase deletes or anonymises a customer, and reports whether there was one.
func (s *store) erase(accountCode, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.customers[accountCode].records[id]
	if !ok || r.erased {
		return false
	}
	r.erased, r.before = true, r.customer
	if s.anonymise {
		r.customer = anonymised(r.customer, s.mask)
	}
	s.customers[accountCode].records[id] = r
	return true
}

// read returns the customer, of the account that the keys of a request belong to, who is
// one of those that find returns.
func (s *store) read(ctx context.Context, find func(customers) []string) (Customer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stale := isStale(ctx)
	for _, code := range server.PrincipalOf(ctx).AccountCodes {
		all := s.customers[code]
		for _, id := range find(all) {
			switch r, ok := all.records[id]; {
			case ok && stale && r.erased:
				return r.before, true
			case ok && (s.anonymise || !r.erased):
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
