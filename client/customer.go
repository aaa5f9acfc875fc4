package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/strictjson"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Customer is a customer as Yuno has it. It is safe for concurrent use.
//
// A Customer never shows its data: not with any verb of package fmt, in a log, as JSON,
// or as a field of something that is printed. [Customer.Data] returns the data as a
// plain struct, which does.
type Customer struct {
	// Package fmt prints unexported fields without calling their methods; of a func
	// it prints only the address.
	data func() api.Customer
}

func newCustomer(data api.Customer) *Customer {
	return &Customer{func() api.Customer { return data }}
}

// Data returns what Yuno returned. A field that was absent or null is empty.
func (c *Customer) Data() api.Customer {
	if c == nil || c.data == nil {
		return api.Customer{}
	}
	data := c.data()
	data.Metadata = slices.Clone(data.Metadata) // the only part that copies would share
	return data
}

// Anonymised reports whether no personal data is left: all fields but ids, dates of
// record and countries are empty or masked. A text is masked if it has no letter and no
// digit, or if a mask such as "***" or "XXX" leaves at most a letter and four digits of
// it; of an e-mail address, what follows a masked name does not matter.
//
// Yuno documents that an erasure deletes or anonymises the customer, and not how. So
// after an erasure, read the result of [Client.Customer] as follows:
//
//	errors.Is(err, ErrCustomerNotFound)   gone
//	any other error                       unknown: ask again later
//	no error, and Anonymised              anonymised
//	no error, and not Anonymised          still there
//
// It errs on the side of "still there". A customer of whom Yuno never had more than an
// id counts as anonymised.
func (c *Customer) Anonymised() bool {
	data := c.Data()
	texts := []string{
		data.FirstName, data.LastName, data.Gender, data.DateOfBirth, data.Email, data.Nationality,
		data.Document.DocumentType, data.Document.DocumentNumber, data.Phone.Number,
	}
	for _, address := range []api.Address{data.BillingAddress, data.ShippingAddress} {
		texts = append(texts, address.AddressLine1, address.AddressLine2, address.City,
			address.Neighborhood, address.State, address.ZipCode)
	}
	for _, entry := range data.Metadata {
		texts = append(texts, entry.Value)
	}
	return !slices.ContainsFunc(texts, personal)
}

// masks are what stands in place of hidden characters.
var masks = regexp.MustCompile(`[*#•●…]+|[xX]{3,}|\.{3,}`)

// personal reports whether text tells something.
func personal(text string) bool {
	if name, _, isAddress := strings.Cut(text, "@"); isAddress && masks.MatchString(name) {
		text = name
	}
	hidden := masks.MatchString(text)
	letters, digits := 0, 0
	for _, r := range masks.ReplaceAllString(text, "") {
		switch {
		case hidden && unicode.ToLower(r) == 'x': // XXXX-XX-XX
		case unicode.IsLetter(r):
			letters++
		case unicode.IsNumber(r):
			digits++
		}
	}
	if hidden {
		return letters > 1 || digits > 4
	}
	return letters+digits > 0
}

// String returns a fixed text.
func (c Customer) String() string { return "Customer{" + wire.Redacted + "}" }

// Format writes [Customer.String] for every verb.
func (c Customer) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }

// LogValue implements [slog.LogValuer].
func (c Customer) LogValue() slog.Value { return slog.StringValue(c.String()) }

// decodeCustomer decodes the body of a 200, and returns an error if it is not a customer
// for whom is returns true. The error shows nothing of the body. A body with a field
// twice, if only in another case, names one customer to some readers and another one to
// others.
func decodeCustomer(body []byte, customer *api.Customer, is func() bool) error {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	err := json.Unmarshal(body, customer)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "" && wrongType.Value == "array":
		return fmt.Errorf("%w: it is a list", ErrOtherCustomer)
	case errors.As(err, &wrongType) && wrongType.Field != "":
		kind, _, _ := strings.Cut(wrongType.Value, " ") // a number is followed by its digits
		return fmt.Errorf("%w: its %s is of type %s", ErrUnexpectedBody, wrongType.Field, kind)
	case err != nil:
		return fmt.Errorf("%w: it is not a JSON object", ErrUnexpectedBody)
	case !is() && (customer.ID != "" || customer.MerchantCustomerID != ""):
		return fmt.Errorf("%w: it has no such id", ErrOtherCustomer)
	case !is():
		return fmt.Errorf("%w: it has no such id", ErrUnexpectedBody)
	case hasFieldTwice(body):
		return fmt.Errorf("%w: it has a field twice", ErrUnexpectedBody)
	}
	return nil
}

// hasFieldTwice reports whether an object of a JSON text has two keys that encoding/json
// takes for the same field.
func hasFieldTwice(text []byte) bool {
	isDuplicate := func(p strictjson.Problem) bool { return p.Kind == strictjson.Duplicate }
	var value any
	_ = json.Unmarshal(text, &value) // a number that is too large, the only error, leaves the rest
	return hasKeysAlike(value) ||
		slices.ContainsFunc(strictjson.Find(text, len(text)), isDuplicate)
}

// hasKeysAlike reports whether an object in a value has two keys that differ in case only.
func hasKeysAlike(value any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, hasKeysAlike)
	case map[string]any:
		seen := map[string]bool{}
		for key, field := range value {
			key = strings.ToLower(strings.ToUpper(key)) // as encoding/json folds it
			if seen[key] || hasKeysAlike(field) {
				return true
			}
			seen[key] = true
		}
	}
	return false
}
