package erasure

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

func TestParseCustomer(t *testing.T) {
	t.Parallel()
	c, err := ParseCustomer([]byte(`{"id": "c1", "merchant_customer_id": "m1", "email": "ada@example.com", "document": {"document_number": "123"},
		"providers": [{"provider": "stripe", "customer": "cus_1"}, {"provider": "adyen", "tokens": ["t1"], "payments": ["p1", "p2"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != "c1" || c.MerchantCustomerID != "m1" || len(c.Connections) != 2 || c.Connections[1].Payments[1] != "p2" {
		t.Errorf("parsed %+v", c)
	}
	var personal map[string]any
	if err := json.Unmarshal(c.Personal, &personal); err != nil {
		t.Fatal(err)
	}
	if personal["email"] != "ada@example.com" || personal["providers"] != nil {
		t.Errorf("personal data %v: want all but the providers", personal)
	}
}

// Every error names the field, and none repeats its content.
func TestParseCustomerRejects(t *testing.T) {
	t.Parallel()
	const secret = "ada-lovelace"
	long := strings.Repeat("x", 300)
	cases := []struct{ name, record, want string }{
		{"NotJSON", `{"id": "` + secret, "not a JSON object (byte"},
		{"NotAnObject", `["` + secret + `"]`, "not a JSON object"},
		{"Null", `null`, "not a JSON object"},
		{"TwoObjects", `{"id": "c1"} {"id": "` + secret + `"}`, "extra data after"},
		{"NoID", `{"email": "` + secret + `"}`, "id is empty"},
		{"IDNotAString", `{"id": {"x": "` + secret + `"}}`, "id is not a string"},
		{"IDTooLong", `{"id": "` + secret + long + `"}`, "id has 312 characters, more than 64"},
		{"IDWithSlash", `{"id": "` + secret + `/.."}`, "id contains a slash at byte 12"},
		{"IDDots", `{"id": ".."}`, "id is a dot segment"},
		{"IDControl", `{"id": "` + secret + `\n"}`, "id contains white space (a line feed) at byte 12"},
		{"MerchantIDTooLong", `{"id": "c1", "merchant_customer_id": "` + secret + long + `"}`, "merchant_customer_id has 312 characters"},
		{"ProvidersNotAList", `{"id": "c1", "providers": "` + secret + `"}`, "providers is not a list"},
		{"UnknownProviderField", `{"id": "c1", "providers": [{"provider": "stripe", "customr": "` + secret + `"}]}`, "providers is not a list"},
		{"ProviderName", `{"id": "c1", "providers": [{"provider": "Ada Lovelace", "customer": "x"}]}`, "providers[0].provider must be at most 64 lower-case letters"},
		{"DuplicateProvider", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "x"}, {"provider": "stripe", "customer": "y"}]}`, "providers[1].provider is a duplicate"},
		{"NoReferences", `{"id": "c1", "providers": [{"provider": "stripe"}]}`, "nothing to delete by"},
		{"EmptyToken", `{"id": "c1", "providers": [{"provider": "stripe", "tokens": ["` + secret + `", ""]}]}`, "providers[0].tokens[1] is empty"},
		{"TooManyProviders", `{"id": "c1", "providers": [` + strings.TrimSuffix(strings.Repeat(`{"provider": "stripe", "customer": "x"},`, 65), ",") + `]}`, "more than 64 providers"},
		{"TooLarge", `{"id": "c1", "x": "` + strings.Repeat("y", 70<<10) + `"}`, "larger than 64 KiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseCustomer([]byte(c.record))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if text := strings.ToLower(err.Error()); strings.Contains(text, "ada") || strings.Contains(text, "xxxx") {
				t.Errorf("the error repeats the record: %v", err)
			}
		})
	}
}

func TestIsProviderName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"stripe": true, "stripe-br_2": true, "3ds": true, strings.Repeat("x", 64): true,
		"": false, "Stripe": false, "stripe br": false, "stripe\n": false, "zażółć": false, strings.Repeat("x", 65): false,
	} {
		if got := IsProviderName(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

func FuzzParseCustomer(f *testing.F) {
	f.Add([]byte(`{"id": "c1", "providers": [{"provider": "stripe", "customer": "cus_1", "tokens": [], "payments": ["p"]}]}`))
	f.Add([]byte(`{"id": null, "merchant_customer_id": "\ud83d", "x": [{}]}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		c, err := ParseCustomer(record)
		if err != nil {
			return
		}
		if c.ID == "" || strings.ContainsAny(c.ID, "/\\%?#\n") || !json.Valid(c.Personal) {
			t.Errorf("accepted %q as %+v", record, c)
		}
		for _, connection := range c.Connections {
			if connection.Customer == "" && len(connection.Tokens)+len(connection.Payments) == 0 {
				t.Errorf("accepted a connection without references: %q", record)
			}
		}
	})
}

func TestCustomerIDsOfRecords(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		record, err := json.Marshal(map[string]string{"id": id})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseCustomer(record)
		return err == nil
	})
}

// JSON cannot contain invalid UTF-8, but a Customer built in Go can.
func TestMerchantCustomerIDIsUTF8(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{"": true, "user@example.com": true, "Zo\u00e9": true, "a\xff": false} {
		c := Customer{ID: "c1", MerchantCustomerID: id}
		if err := c.Validate(); (err == nil) != want {
			t.Errorf("%q: got %v, want ok = %v", id, err, want)
		}
	}
}
