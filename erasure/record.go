package erasure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// ParseCustomer reads one record of an import. It is Yuno's customer object as JSON, plus
// a list of connections under the key "providers":
//
//	{"id": "...", "email": "...", "providers": [{"provider": "stripe", "customer": "cus_1"}]}
//
// Everything except "providers" becomes the customer's personal data. A record has one
// meaning or is rejected: no key is duplicated, all text is Unicode, and no key is almost
// one of ours. A reference that is listed twice counts once. Errors name the field and
// contain none of the data.
func ParseCustomer(record []byte) (Customer, error) {
	fields, err := readRecord(record)
	if err != nil {
		return Customer{}, err
	}
	var c Customer
	errs := []error{
		misnamed(fields),
		stringField(fields, "id", "id", &c.ID),
		stringField(fields, "merchant_customer_id", "merchant_customer_id", &c.MerchantCustomerID),
	}
	if list, ok := fields["providers"]; ok {
		c.Connections, err = readConnections(list)
		errs = append(errs, err)
		delete(fields, "providers")
	}
	if err := errors.Join(errs...); err != nil {
		return Customer{}, err
	}
	if c.Personal, err = json.Marshal(fields); err != nil {
		return Customer{}, errNotObject
	}
	return c, c.Validate()
}

var errNotObject = errors.New("not a JSON object")

// readRecord reads exactly one JSON object. It does not return the decoder's errors,
// because they quote the input.
func readRecord(record []byte) (map[string]json.RawMessage, error) {
	var object json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(record))
	if err := dec.Decode(&object); err != nil {
		return nil, fmt.Errorf("not a JSON object (byte %d)", dec.InputOffset())
	}
	before := dec.InputOffset() - int64(len(object)) // white space
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is extra data after the JSON object")
	}
	const most = 5 // of the problems of one record
	var errs []error
	for _, p := range strictjson.Find(object, most) {
		errs = append(errs, fmt.Errorf("%s %s (byte %d)", fieldName(p.Path), p.Kind, before+int64(p.Offset)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return objectFields(object)
}

func objectFields(object json.RawMessage) (fields map[string]json.RawMessage, err error) {
	if json.Unmarshal(object, &fields) != nil || fields == nil {
		return nil, errNotObject
	}
	return fields, nil
}

// ownFields are the names of a record that are not part of Yuno's customer object.
var ownFields = []string{"providers", "provider", "customer", "tokens", "payments"}

// misnamed rejects a key that is almost one of those that this package reads: in another
// case, with white space around it or an invisible character in it, with a letter of
// another alphabet that looks the same, or in the wrong place. The record would otherwise count as one without that field, and a customer
// without providers is erased here only.
func misnamed(fields map[string]json.RawMessage) error {
	for _, name := range append([]string{"id", "merchant_customer_id"}, ownFields...) {
		for key := range fields {
			switch {
			case key == name && slices.Contains(ownFields[1:], name):
				return fmt.Errorf(`%s belongs into an element of the list "providers"`, name)
			case key != name && (strings.EqualFold(plain(key), plain(name)) || looksLike(plain(key), plain(name))):
				return fmt.Errorf("a field is named almost like %s: spell it exactly so", name)
			}
		}
	}
	return nil
}

// plain drops what differs between keys that a person takes for the same, except case.
// An underscore at the start stays: "_id" is another program's.
func plain(key string) string {
	key = strings.TrimFunc(key, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	return key[:min(1, len(key))] + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, key[min(1, len(key)):])
}

// looksLike reports whether a key is a name except for letters that are not ASCII, of
// which many look like one that is. Most of its letters are the name's own, so that a
// word of another language is not meant.
func looksLike(key, name string) bool {
	letters := []rune(key)
	if len(letters) != len(name) {
		return false
	}
	others := 0
	for i, r := range letters {
		switch {
		case r > unicode.MaxASCII:
			others++
		case !strings.EqualFold(string(r), name[i:i+1]):
			return false
		}
	}
	return others > 0 && 2*others <= len(letters)
}

// readConnections reads the list of providers. null is what a failed join writes: it
// does not say that there are none, and nobody would be asked.
func readConnections(list json.RawMessage) ([]Connection, error) {
	if string(list) == "null" {
		return nil, errors.New("providers is null: want a list, [] for a customer of no provider")
	}
	var items []json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil {
		return nil, errors.New(`providers is not a list of {"provider", "customer", "tokens", "payments"}`)
	}
	connections := make([]Connection, len(items))
	for i, item := range items {
		if err := connections[i].read(item, fmt.Sprintf("providers[%d]", i)); err != nil {
			return nil, err
		}
	}
	return connections, nil
}

func (c *Connection) read(item json.RawMessage, at string) error {
	fields, err := objectFields(item)
	if err != nil {
		return fmt.Errorf("%s is not an object", at)
	}
	for name := range fields {
		if !slices.Contains(ownFields[1:], name) {
			return fmt.Errorf("%s has a field other than %s", at, strings.Join(ownFields[1:], ", "))
		}
	}
	return errors.Join(
		stringField(fields, "provider", at+".provider", &c.Provider),
		stringField(fields, "customer", at+".customer", &c.Customer),
		listField(fields, "tokens", at+".tokens", &c.Tokens),
		listField(fields, "payments", at+".payments", &c.Payments))
}

// stringField sets to to the value of an optional field.
func stringField(fields map[string]json.RawMessage, name, at string, to *string) error {
	value, ok := fields[name]
	if !ok || string(value) == "null" {
		return nil
	}
	if err := json.Unmarshal(value, to); err != nil {
		return fmt.Errorf("%s is not a string", at)
	}
	return nil
}

// listField sets to to the different values of an optional list of strings.
func listField(fields map[string]json.RawMessage, name, at string, to *[]string) error {
	var list []string
	if value, ok := fields[name]; ok && json.Unmarshal(value, &list) != nil {
		return fmt.Errorf("%s is not a list of strings", at)
	}
	seen := make(map[string]bool, len(list))
	for _, text := range list {
		if !seen[text] {
			*to = append(*to, text)
		}
		seen[text] = true
	}
	return nil
}

// fieldName returns the name of a place in a record: "providers[0].customer". Keys that
// nobody documents are "(key)", because they may be personal data.
func fieldName(path []string) string {
	var b strings.Builder
	for i, key := range path {
		switch _, err := strconv.Atoi(key); {
		case err == nil && i > 0 && len(key) <= 5:
			fmt.Fprintf(&b, "[%s]", key)
			continue
		case !documented[key]:
			key = "(key)"
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(key)
	}
	if b.Len() == 0 {
		return "the record"
	}
	return b.String()
}

// documented are the keys of a record that may be printed.
var documented = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range ownFields {
		names[name] = true
	}
	addFieldNames(reflect.TypeFor[api.Customer](), names)
	return names
}()

// addFieldNames adds the names of a type's fields in JSON.
func addFieldNames(t reflect.Type, names map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		addFieldNames(t.Elem(), names)
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			names[name] = true
			addFieldNames(t.Field(i).Type, names)
		}
	}
}
