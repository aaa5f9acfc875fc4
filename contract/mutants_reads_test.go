package contract

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const (
	readURL     = base + "/customers/5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11"
	externalURL = base + "/customers?merchant_customer_id="
)

// readMutants are requests of wrong clients that retrieve a customer, and the rule that
// each breaks. They start from the valid request by id.
var readMutants = []struct {
	name   string
	edit   edit
	rule   Rule
	strict bool
}{
	{name: "account header twice", edit: with(accountHeader, first.code, first.code), rule: RuleHeaderElsewhere},
	{name: "account header in two spellings", edit: all(with(accountHeader, first.code), with("x-account-code", first.code)), rule: RuleHeaderElsewhere},
	{name: "account header twice, by the merchant's id", edit: all(to(externalURL+"m1"), with(accountHeader, "a", "b")), rule: RuleHeaderElsewhere},
	{name: "keys in the query", edit: all(to(readURL+"?private-secret-key="+first.secretKey), without(publicHeader)), rule: RuleKeyMissing},
	{name: "keys in the query too", edit: to(externalURL + "m1&key=" + first.secretKey), rule: RuleKeyLeaked},
	{name: "keys as a bearer token", edit: with("Authorization", "Bearer "+first.secretKey), rule: RuleKeyLeaked},
	{name: "only the public key", edit: without(secretHeader), rule: RuleKeyMissing},
	{name: "keys twice", edit: with(secretHeader, first.secretKey, first.secretKey), rule: RuleKeyRepeated},
	{name: "keys in clear text", edit: to(strings.Replace(readURL, "https://", "http://", 1)), rule: RulePlaintext},
	{name: "body", edit: sized(`{"customer_id":"c1"}`), rule: RuleRequestBody},
	{name: "chunked body", edit: chunked(`{}`), rule: RuleRequestBody},
	{name: "body, by the merchant's id", edit: all(to(externalURL+"m1"), sized(`{"merchant_customer_id":"m1"}`)), rule: RuleRequestBody},
	{name: "ampersand not escaped", edit: to(externalURL + "ada&co"), rule: RuleQuery},
	{name: "semicolon not escaped", edit: to(externalURL + "ada;co"), rule: RuleQuery},
	{name: "percent not escaped", edit: to(externalURL + "100%"), rule: RuleQuery},
	{name: "ampersand and equals not escaped", edit: to(externalURL + "a&merchant_customer_id=b"), rule: RuleQueryParameter},
	{name: "merchant's id empty", edit: to(externalURL), rule: RuleQueryParameter},
	{name: "merchant's id too long", edit: to(externalURL + strings.Repeat("x", 256)), rule: RuleQueryParameter},
	{name: "merchant's id twice", edit: to(externalURL + "a&merchant_customer_id=a"), rule: RuleQueryParameter},
	{name: "parameter in camel case", edit: to(base + "/customers?merchantCustomerId=m1"), rule: RuleQuery},
	{name: "merchant's id as JSON", edit: to(base + "/customers?filter=%7B%22merchant_customer_id%22%3A%22m1%22%7D"), rule: RuleQuery},
	{name: "page of a list", edit: to(externalURL + "m1&page=1"), rule: RuleQuery},
	{name: "a query by id", edit: to(readURL + "?expand=address"), rule: RuleQuery},
	{name: "slash in the id not escaped", edit: to(base + "/customers/a/b"), rule: RulePath},
	{name: "merchant's id in the path", edit: to(base + "/customers/by-merchant-id/m1"), rule: RulePath},
	{name: "trailing slash before the query", edit: to(base + "/customers/?merchant_customer_id=m1"), rule: RulePath},
	{name: "no id", edit: to(base + "/customers/"), rule: RulePath},
	{name: "singular", edit: to(base + "/customer?merchant_customer_id=m1"), rule: RulePath},
	{name: "base path lost", edit: to(strings.Replace(readURL, "/v1", "", 1)), rule: RulePath},
	{name: "POST to search", edit: all(method(http.MethodPost), to(base+"/customers")), rule: RuleMethod},
	{name: "HEAD", edit: method(http.MethodHead), rule: RuleMethod},
	{name: "extra delete", edit: all(method(http.MethodDelete), with(accountHeader, first.code)), rule: RuleMethod},
	{name: "redirect followed", edit: func(r *http.Request) { r.Response = &http.Response{StatusCode: 302} }, rule: RuleRedirected},
	{name: "id too long", edit: to(base + "/customers/" + strings.Repeat("x", 65)), rule: RulePathParameter, strict: true},
}

// TestReadMutants judges clients that may only read: any other operation is a violation.
func TestReadMutants(t *testing.T) {
	t.Parallel()
	for _, m := range readMutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			r := readRequest(t)
			m.edit(r)
			got := sentToReads(t, r, m.strict)
			if !slices.Contains(got.rules(), m.rule) {
				t.Errorf("found %v, want rule %s", got.violations, m.rule)
			}
			wantNoSecrets(t, got.violations)
		})
	}
}

func TestRightReads(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]edit{
		"by id":                      func(*http.Request) {},
		"by the merchant's id":       to(externalURL + "m1"),
		"special characters":         to(externalURL + url.QueryEscape("a&b=c d+e%/;#?'\"é客")),
		"space as %20":               to(externalURL + "a%20b"),
		"255 characters":             to(externalURL + strings.Repeat("%C3%A9", 255)),
		"account header, as a rest":  with(accountHeader, first.code),
		"escaped slash in the id":    to(base + "/customers/a%2Fb"),
		"without the optional query": to(base + "/customers"),
		"no body, said so":           func(r *http.Request) { r.Body = http.NoBody },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := readRequest(t)
			e(r)
			if got := sentToReads(t, r, true); len(got.violations) > 0 {
				t.Errorf("found %v", got.violations)
			}
		})
	}
}

// A server sees what its clients send, and is not to blame for a header that it ignores.
func TestReadsAtTheServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit edit
		want []Rule
	}{
		"valid":                {func(*http.Request) {}, nil},
		"account header twice": {with(accountHeader, first.code, first.code), nil},
		"no keys":              {without(publicHeader, secretHeader), []Rule{RuleAccepted}},
		"over-long":            {to(externalURL + strings.Repeat("x", 256)), []Rule{RuleAccepted}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := readRequest(t)
			tt.edit(r)
			got := &recordingT{}
			readChecker(t, false).Handler(got, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"id":"c1","email":null}`))
			})).ServeHTTP(httptest.NewRecorder(), r)
			if !slices.Equal(got.rules(), tt.want) {
				t.Errorf("found %v, want %v", got.violations, tt.want)
			}
		})
	}
}

func readRequest(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, readURL, bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	as(first)(r)
	without(accountHeader)(r)
	return r
}

// readChecker judges the reads of a document that later specifications do not change.
func readChecker(t *testing.T, strict bool, opts ...Option) *Checker {
	t.Helper()
	name := "three-operations.json"
	opts = append(opts, WithOperations("retrieve-customer", "retrieve-customer-by-external-id"))
	if strict {
		name = "three-operations.strict.json"
		opts = append(opts, WithStrict())
	}
	c, err := New(append(opts, WithDocument(fixture(t, name)))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sentToReads(t *testing.T, r *http.Request, strict bool) *recordingT {
	t.Helper()
	got := &recordingT{}
	ok := fixedResponse{status: 200, contentType: "application/json", body: `{"id":"c1"}`}
	resp, err := readChecker(t, strict, WithRequestsOnly()).Transport(got, ok).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return got
}
