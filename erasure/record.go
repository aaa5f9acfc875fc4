package erasure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ParseCustomer reads one record of an import. It is Yuno's customer object as JSON, plus
// a list of connections under the key "providers":
//
//	{"id": "...", "email": "...", "providers": [{"provider": "stripe", "customer": "cus_1"}]}
//
// Everything except "providers" becomes the customer's personal data. Errors name the
// field and contain none of the data.
func ParseCustomer(record []byte) (Customer, error) {
	fields, err := objectFields(record)
	if err != nil {
		return Customer{}, err
	}
	var c Customer
	if err := stringField(fields, "id", &c.ID); err != nil {
		return Customer{}, err
	}
	if err := stringField(fields, "merchant_customer_id", &c.MerchantCustomerID); err != nil {
		return Customer{}, err
	}
	if list, ok := fields["providers"]; ok {
		dec := json.NewDecoder(bytes.NewReader(list))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&c.Connections); err != nil {
			return Customer{}, errors.New(`providers is not a list of {"provider", "customer", "tokens", "payments"}`)
		}
		delete(fields, "providers")
	}
	if c.Personal, err = json.Marshal(fields); err != nil {
		return Customer{}, errors.New("not a JSON object")
	}
	return c, c.Validate()
}

// objectFields reads exactly one JSON object. It does not return the decoder's errors,
// because they quote the input.
func objectFields(record []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(record))
	if err := dec.Decode(&fields); err != nil {
		return nil, fmt.Errorf("not a JSON object (byte %d)", dec.InputOffset())
	}
	if fields == nil {
		return nil, errors.New("not a JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is extra data after the JSON object")
	}
	return fields, nil
}

// stringField sets to to the value of an optional field.
func stringField(fields map[string]json.RawMessage, name string, to *string) error {
	value, ok := fields[name]
	if !ok || string(value) == "null" {
		return nil
	}
	if err := json.Unmarshal(value, to); err != nil {
		return fmt.Errorf("%s is not a string", name)
	}
	return nil
}
