package contract

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// The judged id is the one that the client escaped as one segment.
func FuzzCustomerID(f *testing.F) {
	for _, id := range []string{"c1", ".", "..", "a/b", "%2e", "é", "a b", "\x00", "\xff", strings.Repeat("é", 64), strings.Repeat("é", 65), "?", "#", ";"} {
		f.Add(id)
	}
	c := mustNew(f, WithStrict())
	f.Fuzz(func(t *testing.T, id string) {
		u, err := url.Parse("https://host/v1/customers/" + url.PathEscape(id))
		if err != nil {
			t.Fatal(err)
		}
		in := c.inspect(&http.Request{Method: http.MethodDelete, URL: u}, false)
		if want := id != "" && id != "." && id != ".."; (in.op != nil) != want {
			t.Fatalf("found an operation: %v, want %v", in.op != nil, want)
		}
		tooLong := false
		for _, v := range in.violations {
			tooLong = tooLong || v.Rule == RulePathParameter
		}
		if want := in.op != nil && utf8.RuneCountInString(id) > 64; tooLong != want {
			t.Errorf("found too long: %v, want %v", tooLong, want)
		}
	})
}

// No request causes a panic, or a violation that quotes it.
func FuzzRequest(f *testing.F) {
	f.Add("DELETE", "/v1/customers/c1", "a", "b", "c")
	f.Add("", "/v1/customers/%zz", "", "\x00", ",")
	f.Add("GET", "//v1/../customers/?a=b#c", " ", "\t", "é")
	c := mustNew(f, WithStrict())
	f.Fuzz(func(t *testing.T, method, target, account, public, secret string) {
		u, err := url.Parse(target)
		if err != nil {
			return
		}
		const mark = "zqzqzqzq"
		r := &http.Request{Method: method + mark, URL: u, Header: http.Header{
			accountHeader: {account + mark}, publicHeader: {public + mark}, secretHeader: {secret + mark}, "X-Other": {mark + secret},
		}}
		u.Path += mark
		for _, v := range c.inspectSent(r).violations {
			if strings.Contains(v.String(), mark) {
				t.Errorf("the text quotes the request: %s", v)
			}
		}
	})
}

func TestShortKeysAreNotSearchedFor(t *testing.T) {
	t.Parallel()
	r := rightRequest(t)
	with(secretHeader, "a")(r)
	with("X-Letters", "abc")(r)
	if got := sent(t, r); len(got.violations) > 0 {
		t.Errorf("found %v", got.violations)
	}
}

func TestWrongPathsSayWhy(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"https://host/customers/c1":      "a path outside /v1/",
		"https://host":                   "a path outside /v1/",
		base + "/customers//c1":          "a path with an empty segment",
		base + "/customers/":             "a path that ends with a slash",
		base + "/customers/%2e%2e":       "a path with a dot segment",
		base + "/customers/x/../c1":      "a path with a dot segment",
		base + "/customers":              "another path",
		base + "/customers/c1/addresses": "another path",
	} {
		r := rightRequest(t)
		to(target)(r)
		got := sent(t, r)
		if len(got.violations) != 1 || got.violations[0].Found != want || got.violations[0].Expected != "/v1/customers/{customer_id}" {
			t.Errorf("%s: got %v, want %s", target, got.violations, want)
		}
	}
}
