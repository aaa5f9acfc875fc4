package conformance

import (
	"fmt"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

func TestLeft(t *testing.T) {
	t.Parallel()
	before := `{"id":"c1","merchant_customer_id":"ada@example.com","first_name":"Ada","gender":"F","email":"ada@example.com","country":"GB",
		"phone":{"country_code":"44","number":"5550100"},"last_name":null,"metadata":[{"key":"plan","value":"gold tier"}],"date_of_birth":"1985-12-10"}`
	for after, want := range map[string]string{
		before: "[/date_of_birth /email /first_name /gender /metadata/0/value /phone/number]",
		`{}`:   "[]",
		`{"id":"c1","merchant_customer_id":"ada@example.com","country":"GB","phone":{"country_code":"44"},"updated_at":"5550100"}`: "[]",
		`{"email":null,"first_name":"","phone":null,"metadata":[]}`:                                                                "[]",
		`{"email":"***","first_name":"REDACTED","gender":"*"}`:                                                                     "[]",
		`{"email":"a***@example.com"}`:                                                                                             "[]",
		`{"email":"ada***"}`:                                                                                                       "[/email]",
		`{"email":"ada@example.net"}`:                                                                                              "[/email]",
		`{"email":"a**@e***.com"}`:                                                                                                 "[]",
		`{"email":"ADA@EXAMPLE.COM"}`:                                                                                              "[/email]",
		`{"email":" ada@example.com "}`:                                                                                            "[/email]",
		`{"email":"ada@example.com (deleted)"}`:                                                                                    "[/email]",
		`{"email":"deleted@example.com"}`:                                                                                          "[]",
		`{"first_name":"Anonymous","gender":"NB"}`:                                                                                 "[]",
		`{"ada@example.com":{"x/y":"ada@example.com"}}`:                                                                            "[/(another key)/(another key)/(another key)]",
		`{"first_name":"Ada"}`:                                                                                                     "[/first_name]",
		`{"last_name":"Ada"}`:                                                                                                      "[]", // too short to be proof elsewhere
		`{"last_name":"ada@example.com"}`:                                                                                          "[/last_name]",
		`{"phone":{"number":5550100}}`:                                                                                             "[/phone/number]",
		`{"phone":{"number":"xxx0100"}}`:                                                                                           "[]",
		`{"metadata":[{"key":"former","value":"was 5550100"}]}`:                                                                    "[/metadata/0/value]",
		`{"date_of_birth":"1985-01-01"}`:                                                                                           "[]",
	} {
		if got := fmt.Sprint(left(decode(before), decode(after))); got != want {
			t.Errorf("%s: got %s, want %s", after, got, want)
		}
	}
}

func decode(body string) map[string]any {
	return response{Response: contract.Response{Body: []byte(body)}}.object()
}

func FuzzLeft(f *testing.F) {
	f.Add(`{"email":"ada@example.com"}`, `{"email":null}`)
	f.Add(`{"a":[{"b":1e99}]}`, `[`)
	f.Fuzz(func(t *testing.T, before, after string) {
		b, a := decode(before), decode(after)
		if got := left(b, nil); len(got) > 0 {
			t.Errorf("nothing keeps %v", got)
		}
		if got := left(b, b); len(got) < len(personal(b)) {
			t.Errorf("the customer itself keeps %v of %v", got, personal(b))
		}
		_ = left(b, a)
	})
}

func TestRetains(t *testing.T) {
	t.Parallel()
	for texts, want := range map[[2]string]bool{
		{"ada.0123456a@example.com", "a***@example.com"}:     false,
		{"al@example.com", "***@example.com"}:                false,
		{"ada.lovelace@example.com", "ada.l***@example.com"}: false,
		{"ada.lovelace@example.com", "ada.lovel***"}:         true,
		{"ada.lovelace@example.com", "A.D.A. LOVELACE"}:      true,
		{"F", "F"}:                                 true,
		{"F", "F***"}:                              true,
		{"F", "female"}:                            false,
		{"Ada", "Ada***"}:                          true,
		{"Ana", "Anaxagoras"}:                      false,
		{"4242424242424242", "************4242"}:   false,
		{"4242424242424242", "42424242****4242"}:   false,
		{"4242424242424242", "424242xxxxxx4242"}:   false,
		{"4242424242424242", "4242 4242 4242 424"}: true,
		{"1 Example Street", "..."}:                false,
		{"1 Example Street", "Example Street"}:     true,
		{"Max", "Mxxx"}:                            false,
		{"@ada", "@bob"}:                           false,
		{"@ada", "@Ada"}:                           true,
		{"Москва", "МОСКВА"}:                       true,
	} {
		if got := retains(texts[0], texts[1]); got != want {
			t.Errorf("%q of %q: got %v, want %v", texts[1], texts[0], got, want)
		}
	}
}
