package erasure

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/internal/strictjson"
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
		{"UnknownProviderField", `{"id": "c1", "providers": [{"provider": "stripe", "customr": "` + secret + `"}]}`, "providers[0] has a field other than provider, customer, tokens, payments"},
		{"ProviderFieldInAnotherCase", `{"id": "c1", "providers": [{"provider": "stripe", "CUSTOMER": "` + secret + `"}]}`, "providers[0] has a field other than"},
		{"ProviderIsNull", `{"id": "c1", "providers": [null]}`, "providers[0] is not an object"},
		{"CustomerIsANumber", `{"id": "c1", "providers": [{"provider": "stripe", "customer": 7}]}`, "providers[0].customer is not a string"},
		{"TokensAreAString", `{"id": "c1", "providers": [{"provider": "stripe", "tokens": "` + secret + `"}]}`, "providers[0].tokens is not a list of strings"},
		{"TokenIsNull", `{"id": "c1", "providers": [{"provider": "stripe", "tokens": [null]}]}`, "providers[0].tokens[0] is empty"},
		{"DuplicateID", `{"id": "c1", "id": "` + secret + `"}`, "id is duplicated (byte 13)"},
		{"DuplicateIDByEscape", `  {"id": "c1", "\u0069d": "` + secret + `"}`, "id is duplicated (byte 15)"},
		{"DuplicateProviders", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "` + secret + `"}], "providers": []}`, "providers is duplicated"},
		{"DuplicateCustomer", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "` + secret + `", "customer": "cus_2"}]}`, "providers[0].customer is duplicated"},
		{"DuplicateEmail", `{"id": "c1", "email": "` + secret + `", "email": ""}`, "email is duplicated"},
		{"DuplicateDeepInside", `{"id": "c1", "document": {"document_number": "1", "document_number": "` + secret + `"}}`, "document.document_number is duplicated"},
		{"DuplicateOwnKey", `{"id": "c1", "phone": [{"` + secret + `": 1, "` + secret + `": 2}]}`, "phone[0].(key) is duplicated"},
		{"Latin1Reference", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "` + secret + "\xe9" + `"}]}`, "providers[0].customer is not valid UTF-8"},
		{"Latin1Name", `{"id": "c1", "first_name": "` + secret + "\xe9" + `"}`, "first_name is not valid UTF-8 (byte 27)"},
		{"Latin1Key", `{"id": "c1", "` + secret + "\xe9" + `": 1}`, "(key) is not valid UTF-8"},
		{"LoneSurrogate", `{"id": "c1", "providers": [{"provider": "stripe", "tokens": ["` + secret + `\ud800"]}]}`, "providers[0].tokens[0] contains half of a surrogate pair"},
		{"LoneSurrogateInID", `{"id": "` + secret + `\udc00"}`, "id contains half of a surrogate pair"},
		{"LoneSurrogateInTheData", `{"id": "c1", "last_name": "` + secret + `\ud83d"}`, "last_name contains half of a surrogate pair"},
		{"ProvidersInAnotherCase", `{"id": "c1", "Providers": [{"provider": "stripe", "customer": "` + secret + `"}]}`, "a field is named almost like providers"},
		{"ProvidersWithSpace", `{"id": "c1", "providers ": [{"provider": "stripe", "customer": "` + secret + `"}]}`, "a field is named almost like providers"},
		{"ProvidersWithZeroWidth", `{"id": "c1", "provi\u200bders": []}`, "a field is named almost like providers"},
		{"ProvidersWithLongS", `{"id": "c1", "provider\u017f": []}`, "a field is named almost like providers"},
		{"ProvidersWithCyrillicLetter", `{"id": "c1", "рroviders": [{"provider": "stripe", "customer": "` + secret + `"}]}`, "a field is named almost like providers"},
		{"ProvidersWithFullWidthLetters", `{"id": "c1", "ｐｒｏviders": []}`, "a field is named almost like providers"},
		{"IDWithCyrillicLetter", `{"id": "c1", "іd": "` + secret + `"}`, "a field is named almost like id"},
		{"TokensInTheWrongPlaceWithAccent", `{"id": "c1", "tókens": ["` + secret + `"]}`, "a field is named almost like tokens"},
		{"ProvidersAreNull", `{"id": "c1", "providers": null}`, "providers is null: want a list"},
		{"ProviderInTheWrongPlace", `{"id": "c1", "provider": "stripe", "customer": "` + secret + `"}`, "provider belongs into an element of the list"},
		{"IDInAnotherCase", `{"ID": "` + secret + `"}`, "a field is named almost like id"},
		{"TwoIDs", `{"id": "c1", "Id": "` + secret + `"}`, "a field is named almost like id"},
		{"MerchantIDSpeltDifferently", `{"id": "c1", "merchantCustomerId": "` + secret + `"}`, "a field is named almost like merchant_customer_id"},
		{"MerchantIDWithSpace", `{"id": "c1", "merchant_customer_id": " ` + secret + `"}`, "merchant_customer_id begins or ends with white space"},
		{"MerchantIDWithZeroWidth", `{"id": "c1", "merchant_customer_id": "` + secret + `\u200b"}`, "merchant_customer_id contains an invisible character"},
		{"ReferenceWithSpace", `{"id": "c1", "providers": [{"provider": "stripe", "customer": " ` + secret + `"}]}`, "providers[0].customer begins or ends with a space"},
		{"ReferenceDotsAndSemicolon", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "..;"}]}`, "providers[0].customer contains a semicolon at byte 2"},
		{"ReferenceOfLongCharacters", `{"id": "c1", "providers": [{"provider": "stripe", "payments": ["` + strings.Repeat("\U0001f600", 200) + `"]}]}`, "providers[0].payments[0] contains a non-ASCII character (U+1F600) at byte 0"},
		{"ReferenceWithZeroWidth", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "` + secret + `\u200d"}]}`, "providers[0].customer contains an invisible character (U+200D) at byte 12"},
		{"ReferenceWithControl", `{"id": "c1", "providers": [{"provider": "stripe", "customer": "` + secret + `\u0000"}]}`, "providers[0].customer contains a control character (U+0000) at byte 12"},
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

func TestCheckProviderName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"stripe": true, "stripe-br_2": true, "3ds": true, strings.Repeat("x", 64): true,
		"": false, "Stripe": false, "stripe br": false, "stripe\n": false, "zażółć": false, "strіpe": false, "ѕtripe": false, strings.Repeat("x", 65): false,
	} {
		if got := CheckProviderName(name) == nil; got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

// A key of another program, and a reference that a join has listed twice, are no mistakes.
func TestParseCustomerAccepts(t *testing.T) {
	t.Parallel()
	c, err := ParseCustomer([]byte(`{"_id": {"$oid": "1"}, "id": "c1", "first_name": "\ud83d\ude00", "metadata": [{"id": "m", "customer": "x"}],
		"providers": [{"provider": "adyen", "customer": null, "tokens": ["t1", "t2", "t1"], "payments": null}]}`))
	if err != nil || len(c.Connections) != 1 || strings.Join(c.Connections[0].Tokens, " ") != "t1 t2" {
		t.Errorf("got %+v, %v", c.Connections, err)
	}
	for _, record := range []string{
		`{"id": "c1"}`, `{"id": "c1", "providers": []}`,
		`{"id": "c1", "имя": "Ада", "ид": "7", "ключи": "", "клиенты": []}`, // other words, of the same lengths as ours
	} {
		if c, err := ParseCustomer([]byte(record)); err != nil || len(c.Connections) != 0 {
			t.Errorf("%s: got %+v, %v", record, c.Connections, err)
		}
	}
}

func FuzzParseCustomer(f *testing.F) {
	f.Add([]byte(`{"id": "c1", "providers": [{"provider": "stripe", "customer": "cus_1", "tokens": [], "payments": ["p"]}]}`))
	f.Add([]byte(`{"id": null, "merchant_customer_id": "\ud83d", "x": [{}]}`))
	f.Add([]byte(`{"id": "c1", "\u0069d": "c2", "Providers": [], "y": "\ud83d\ude00"}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		c, err := ParseCustomer(record)
		if err != nil {
			return
		}
		if c.ID == "" || strings.ContainsAny(c.ID, "/\\%?#\n") || !json.Valid(c.Personal) {
			t.Errorf("accepted %q as %+v", record, c)
		}
		if !utf8.Valid(record) || len(strictjson.Find(record, 1)) > 0 {
			t.Errorf("accepted %q, which has two meanings", record)
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
