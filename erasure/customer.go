package erasure

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Customer is one record of an import: Yuno's customer object, plus what each
// provider that the customer has used knows the customer by.
type Customer struct {
	ID                 string
	MerchantCustomerID string
	// Personal is the customer object as it came, personal data and all. It is
	// encrypted as one piece; this program never looks into it again.
	Personal    json.RawMessage
	Connections []Connection
}

// Connection is a provider that the customer has used.
type Connection struct {
	// Provider is the name of a configured provider.
	Provider string `json:"provider"`
	References
}

// ImportError says why a record cannot be taken, without any of its data.
type ImportError struct {
	Index int // of the record in the batch, from 0
	Err   error
}

func (e *ImportError) Error() string { return fmt.Sprintf("record %d: %v", e.Index+1, e.Err) }

// Unwrap returns the reason.
func (e *ImportError) Unwrap() error { return e.Err }

// Limits of a record, from "The Customer Object" where it gives them.
const (
	maxMerchantCustomerID = 255
	maxPersonal           = 64 << 10
	maxConnections        = 64
	maxReferences         = 10_000 // of one kind in one connection
)

// IsProviderName reports whether a configured provider can have that name: 1 to 64
// lower-case letters, digits, hyphens and underscores.
func IsProviderName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// Validate reports every mistake in the record, by field and without its data.
func (c *Customer) Validate() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := wire.CheckCustomerID(c.ID); err != nil {
		complain("id %w", err)
	}
	if n := utf8.RuneCountInString(c.MerchantCustomerID); n > maxMerchantCustomerID {
		complain("merchant_customer_id has %d characters, at most %d", n, maxMerchantCustomerID)
	}
	if len(c.Personal) > maxPersonal {
		complain("the record is larger than %d KiB", maxPersonal>>10)
	}
	if len(c.Connections) > maxConnections {
		complain("more than %d providers", maxConnections)
	}
	seen := map[string]bool{}
	for i, connection := range c.Connections {
		if !IsProviderName(connection.Provider) {
			complain("providers[%d].provider must be at most 64 lower-case letters, digits, hyphens and underscores", i)
		} else if seen[connection.Provider] {
			complain("providers[%d].provider is a duplicate", i)
		}
		seen[connection.Provider] = true
		for _, err := range connection.References.check() {
			complain("providers[%d].%w", i, err)
		}
	}
	return errors.Join(errs...)
}

func (r References) check() []error {
	var errs []error
	if r.Customer == "" && len(r.Tokens) == 0 && len(r.Payments) == 0 {
		errs = append(errs, errors.New("customer, tokens and payments are all empty: nothing to delete by"))
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
