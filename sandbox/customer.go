package sandbox

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Customer is what a customer's retrieval returns. A test fills in the fields that it
// looks at. The sandbox invents no personal data, and never prints or logs any.
type Customer = api.Customer

// maxMerchantID is the most characters in a merchant's id ("The Customer Object").
const maxMerchantID = 255

// withoutData returns a customer that was added by its id alone. The merchant's id
// differs from the customer's, so that a program which mixes up the two is noticed.
func withoutData(id string) Customer {
	now := timestamp()
	return Customer{ID: id, MerchantCustomerID: "merchant-" + id, CreatedAt: now, UpdatedAt: now}
}

func timestamp() string { return time.Now().UTC().Format(time.RFC3339) }

// checkCustomer returns why no request could name the customer. It quotes nothing.
func checkCustomer(c Customer) error {
	if err := wire.CheckCustomerID(c.ID); err != nil {
		return fmt.Errorf("id %w", err)
	}
	id := c.MerchantCustomerID
	switch {
	case !utf8.ValidString(id):
		return errors.New("merchant's id is not valid UTF-8")
	case utf8.RuneCountInString(id) > maxMerchantID:
		return fmt.Errorf("merchant's id has more than %d characters", maxMerchantID)
	case strings.ContainsFunc(id, unicode.IsControl):
		return errors.New("merchant's id contains a control character")
	}
	return nil
}

// anonymised returns c with mask in place of each text that is personal. An empty mask
// leaves none of them. What the merchant attached goes in either case.
func anonymised(c Customer, mask string) Customer {
	kept := c
	c.Metadata = nil
	if mask == "" {
		c = Customer{}
	}
	maskTexts(reflect.ValueOf(&c).Elem(), mask)
	c.ID, c.MerchantCustomerID = kept.ID, kept.MerchantCustomerID
	c.CreatedAt, c.MerchantCustomerCreatedAt, c.UpdatedAt = kept.CreatedAt, kept.MerchantCustomerCreatedAt, timestamp()
	return c
}

// maskTexts replaces every text in a struct that is not empty. It goes through the fields,
// so that it covers those which an update of the specification adds.
func maskTexts(v reflect.Value, mask string) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > 0 {
			v.SetString(mask)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			maskTexts(v.Field(i), mask)
		}
	default: // a type that generated code does not use for texts today
		v.SetZero()
	}
}
