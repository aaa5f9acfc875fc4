package client_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
)

// retrieved returns the customer that a server returns with these fields besides the id.
func retrieved(t *testing.T, fields string) *client.Customer {
	t.Helper()
	server := newYuno(t, respond(200, `{"id":"`+customerID+`"`+fields+`}`))
	customer, err := newClient(t, server.baseURL()).Customer(t.Context(), customerID)
	if err != nil {
		t.Fatal(err)
	}
	return customer
}

func TestAnonymised(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]bool{
		"": true,
		`,"merchant_customer_id":"m-1","created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-02","merchant_customer_created_at":"2023-01-01"`: true,
		`,"first_name":null,"email":"","phone":null,"document":{},"metadata":[]`:                                                                  true,
		`,"first_name":"***","last_name":"•••","phone":{"number":"xxx-xxxx"},"date_of_birth":"XXXX-XX-XX"`:                                        true,
		`,"first_name":" ","billing_address":{"address_line_1":"---"},"metadata":[{"key":"tier"}]`:                                                true,
		`,"country":"CO","phone":{"country_code":"57"},"shipping_address":{"country":"CO"}`:                                                       true,
		`,"first_name":"J***","email":"j***@example.com"`:                                                                                         true,
		`,"email":"***@***.***"`: true,
		`,"document":{"document_number":"****3333"},"phone":{"number":"******0765"},"date_of_birth":"19**"`: true,

		`,"first_name":"Jane"`:                                     false,
		`,"first_name":"X"`:                                        false,
		`,"first_name":"J."`:                                       false,
		`,"first_name":"李"`:                                        false,
		`,"first_name":"Jo***"`:                                    false,
		`,"first_name":"***ne"`:                                    false,
		`,"email":"jane@***"`:                                      false,
		`,"email":"jane.***@e.com"`:                                false,
		`,"email":"@jane"`:                                         false,
		`,"email":"***","gender":"F"`:                              false,
		`,"date_of_birth":"1990-01-01"`:                            false,
		`,"nationality":"CO"`:                                      false,
		`,"last_name":"deleted"`:                                   false, // no form of anonymisation is documented
		`,"document":{"document_number":"1093333333"}`:             false,
		`,"document":{"document_number":"10933***"}`:               false,
		`,"document":{"document_type":"CC"}`:                       false,
		`,"phone":{"number":"٣١٣"}`:                                false,
		`,"billing_address":{"city":"Bogotá"}`:                     false,
		`,"shipping_address":{"zip_code":"111111"}`:                false,
		`,"metadata":[{"key":"tier","value":"gold"}]`:              false,
		`,"metadata":[{"key":"a"},{"key":"b","value":"jane.doe"}]`: false,
	} {
		if got := retrieved(t, fields).Anonymised(); got != want {
			t.Errorf("%s: got %v, want %v", fields, got, want)
		}
	}
}

// Every field of a customer but ids, dates of record and countries decides, new ones
// included.
func TestAnonymisedKnowsEveryField(t *testing.T) {
	t.Parallel()
	record := map[string]bool{"id": true, "merchant_customer_id": true, "created_at": true, "updated_at": true, "merchant_customer_created_at": true, "country": true, "country_code": true}
	var visit func(of reflect.Type, wrap func(string) string)
	visit = func(of reflect.Type, wrap func(string) string) {
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			within := func(value string) string { return wrap(`{"` + name + `":` + value + `}`) }
			switch {
			case record[name], of == reflect.TypeFor[api.MetadataEntry]() && name == "key":
			case field.Type.Kind() == reflect.String:
				object := within(`"Jane"`)
				if retrieved(t, ","+object[1:len(object)-1]).Anonymised() {
					t.Errorf("%s does not count", object)
				}
			case field.Type.Kind() == reflect.Struct:
				visit(field.Type, within)
			case field.Type.Kind() == reflect.Slice:
				visit(field.Type.Elem(), func(value string) string { return within("[" + value + "]") })
			default:
				t.Errorf("%s is a %v", name, field.Type)
			}
		}
	}
	visit(reflect.TypeFor[api.Customer](), func(object string) string { return object })
}

func TestAnonymisedOfNoCustomer(t *testing.T) {
	t.Parallel()
	var none *client.Customer
	for name, c := range map[string]*client.Customer{"Nil": none, "Zero": {}} {
		if got := c.Data(); !reflect.DeepEqual(got, api.Customer{}) {
			t.Errorf("%s: got %v", name, got)
		}
		_ = fmt.Sprint(c)
	}
}

// A customer is not shown, however it is printed, logged or marshalled, alone or in
// something else.
func TestCustomerIsNeverShown(t *testing.T) {
	t.Parallel()
	customer := retrieved(t, `,"first_name":"Jane","email":"jane.doe@example.com","phone":{"number":"3132450765"},"metadata":[{"key":"k","value":"Jane"}]`)
	shown := func(how, text string) {
		for _, secret := range []string{"Jane", "jane.doe", "3132450765", customerID, "4a616e65", "4A616E65", "74 97 110 101"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s", how, secret)
			}
		}
	}
	type exported struct{ C *client.Customer }
	type unexported struct{ c client.Customer }
	type pointer struct{ c *client.Customer }
	values := []any{customer, *customer, exported{customer}, unexported{*customer}, &unexported{*customer}, pointer{customer}, []client.Customer{*customer}, map[string]any{"c": customer}}
	for _, value := range values {
		for verb := ' '; verb <= '~'; verb++ {
			for _, flag := range []string{"", "+", "#"} {
				format := "%" + flag + string(verb)
				shown(fmt.Sprintf("%T with %s", value, format), fmt.Sprintf(format, value))
			}
		}
		var text, object bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "c", value)
		slog.New(slog.NewJSONHandler(&object, nil)).Info("m", "c", value)
		shown("slog", text.String()+object.String())
		encoded, _ := json.Marshal(value)
		marked, _ := xml.Marshal(value)
		shown("JSON or XML", string(encoded)+string(marked))
	}
	if got := fmt.Sprintf("%v %d", customer, *customer); got != "Customer{[redacted]} Customer{[redacted]}" {
		t.Errorf("got %s", got)
	}
}
