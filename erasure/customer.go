package erasure

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Customer is one record of an import: Yuno's customer object, and the references of the
// providers that the customer has used.
type Customer struct {
	ID                 string
	MerchantCustomerID string
	// Personal is the customer object with all personal data. It is encrypted as a
	// whole, and this program never reads it again.
	Personal    json.RawMessage
	Connections []Connection
}

// Connection is a provider that the customer has used.
type Connection struct {
	// Provider is the name of a configured provider.
	Provider string `json:"provider"`
	References
}

// ImportError is the reason for rejecting a record, without any of its data.
type ImportError struct {
	Index int // of the record in the batch, from 0
	Err   error
}

func (e *ImportError) Error() string { return fmt.Sprintf("record %d: %v", e.Index+1, e.Err) }

// Unwrap returns the reason.
func (e *ImportError) Unwrap() error { return e.Err }

// Limits of a record. They are ours: no record that is right comes near them.
const (
	maxPersonal    = 64 << 10
	maxConnections = 64
	maxReferences  = 10_000 // of one kind in one connection
)

// CheckProviderName returns why name is not a connection's name, in an import or in the
// configuration, or nil. The text is a predicate and does not repeat the name.
func CheckProviderName(name string) error {
	if name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return errors.New("must be at most 64 lower-case letters, digits, hyphens and underscores")
	}
	return nil
}

// Validate returns an error for every mistake in the record. Each names the field and
// contains none of the data.
func (c *Customer) Validate() error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := wire.CheckCustomerID(c.ID); err != nil {
		report("id %w", err)
	}
	if c.MerchantCustomerID != "" {
		if err := CheckMerchantCustomerID(c.MerchantCustomerID); err != nil {
			report("merchant_customer_id %w", err)
		}
	}
	if len(c.Personal) > maxPersonal {
		report("the record is larger than %d KiB", maxPersonal>>10)
	}
	if len(c.Connections) > maxConnections {
		report("more than %d providers", maxConnections)
	}
	seen := map[string]bool{}
	for i, connection := range c.Connections {
		if err := CheckProviderName(connection.Provider); err != nil {
			report("providers[%d].provider %w", i, err)
		} else if seen[connection.Provider] {
			report("providers[%d].provider is a duplicate", i)
		}
		seen[connection.Provider] = true
		for _, err := range connection.References.check() {
			report("providers[%d].%w", i, err)
		}
	}
	return errors.Join(errs...)
}

// CheckMerchantCustomerID returns why an id is not one by which an imported customer can
// be found, or nil. The text is a predicate and does not repeat the id.
//
// To the rule of the API it adds one of its own: nothing that no person sees. An API passes
// on what another system has stored, and must not refuse any of that. Here a person types
// the id ("customers find"), leaves out what cannot be seen, and would be told that there
// is no such customer.
func CheckMerchantCustomerID(id string) error {
	if err := wire.CheckMerchantCustomerID(id); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(id) != id:
		return errors.New("begins or ends with white space")
	case strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return errors.New("contains an invisible character")
	}
	return nil
}

// check returns every mistake in the references.
func (r References) check() []error {
	var errs []error
	if r.Customer == "" && len(r.Tokens) == 0 && len(r.Payments) == 0 {
		errs = append(errs, errors.New("customer, tokens and payments are all empty: there is nothing to delete by"))
	}
	if r.Customer != "" {
		if err := wire.CheckReference(r.Customer); err != nil {
			errs = append(errs, fmt.Errorf("customer %w", err))
		}
	}
	for _, list := range []struct {
		name string
		refs []string
	}{{"tokens", r.Tokens}, {"payments", r.Payments}} {
		if len(list.refs) > maxReferences {
			errs = append(errs, fmt.Errorf("%s has more than %d entries", list.name, maxReferences))
		}
		for i, ref := range list.refs {
			if err := wire.CheckReference(ref); err != nil {
				errs = append(errs, fmt.Errorf("%s[%d] %w", list.name, i, err))
			}
		}
	}
	return errs
}
