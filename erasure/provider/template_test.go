package provider

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	s := scope{local: map[string]string{"a": "1", "b_2": "2"}}
	tests := map[string]struct{ text, want, problem string }{
		"Empty":         {"", "", ""},
		"Literal":       {"plain $ { } text", "plain $ { } text", ""},
		"Variable":      {"${a}", "1", ""},
		"Several":       {"x${a}y${b_2}${a}", "x1y21", ""},
		"Escaped":       {"$${a}", "${a}", ""},
		"EscapedMiddle": {"${a}$${a}${a}", "1${a}1", ""},
		"Dollars":       {"$$$", "$$$", ""},
		"NotClosed":     {"x${a", "", "has a ${ without a }"},
		"NoName":        {"${}", "", "has a ${} whose name is not lower-case letters, digits and underscores"},
		"Spaces":        {"${ a }", "", "has a ${} whose name is not lower-case letters, digits and underscores"},
		"Expression":    {"${a|b}", "", "has a ${} whose name is not lower-case letters, digits and underscores"},
		"Nested":        {"${a${a}}", "", "has a ${} whose name is not lower-case letters, digits and underscores"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := parseTemplate(test.text)
			if test.problem != "" {
				if err == nil || err.Error() != test.problem {
					t.Errorf("got %v, want %s", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := parsed.render(s, nil); err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
	t.Run("UnknownNameIsAnError", func(t *testing.T) {
		t.Parallel()
		parsed, err := parseTemplate("${c}")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.render(s, nil); !errors.Is(err, errMissing) {
			t.Errorf("got %v", err)
		}
	})
}

// hostile are references that try to become something else.
var hostile = map[string]string{
	"slash":      "a/b",
	"parent":     "../customers",
	"backslash":  `a\b`,
	"query":      "a?force=true",
	"fragment":   "a#b",
	"percent":    "a%2Fb",
	"ampersand":  "a&merchantAccount=other",
	"quote":      `a"b`,
	"json":       `x","forceErasure":true,"y":"`,
	"apostrophe": "a'b",
	"tag":        "a</customer><customer>",
	"entity":     "a&amp;b",
	"space":      "a b",
	"plus":       "a+b",
	"accent":     "josé",
	"template":   "${key}",
	"semicolon":  "a;b",
	"dots":       "a..b",
	"host":       "@evil.example",
}

// everywhere is a description with a reference in every place.
const everywhere = `
provider: everywhere
title: Every place
parameters:
  base_url: {kind: url}
  key: {kind: secret}
auth: {bearer: "${key}"}
limits: {per_second: 100000}
calls:
  - name: query
    method: DELETE
    url: ${base_url}/v1/customers?id=${customer}&more=1
    answers: [{when: {status: 200}, then: succeeded}]
  - name: json
    method: POST
    url: ${base_url}/v1/json
    body: {json: {id: "${customer}", list: ["x-${customer}", 1, true, null], force: false}}
    answers: [{when: {status: 200}, then: succeeded}]
  - name: form
    method: POST
    url: ${base_url}/v1/form
    body: {form: {id: "${customer}", force: "false"}}
    answers: [{when: {status: 200}, then: succeeded}]
  - name: xml
    method: POST
    url: ${base_url}/v1/xml
    body: {xml: '<delete force="false" name="${customer}"><id>${customer}</id></delete>'}
    answers: [{when: {status: 200}, then: succeeded}]
  - name: path
    for_each: tokens
    method: DELETE
    url: ${base_url}/v1/customers/${token}/cards
    answers: [{when: {status: 200}, then: succeeded}]
  - name: header
    for_each: payments
    method: DELETE
    url: ${base_url}/v1/header
    headers: {X-Payment: "${payment}"}
    answers: [{when: {status: 200}, then: succeeded}]
`

// checkShape wants the requests of everywhere to have the shape that is
// described, with the customer as it is in each place.
func checkShape(t *testing.T, steps []step, customer string) {
	t.Helper()
	for _, st := range steps {
		r := st.request
		u, err := url.Parse(r.url.String())
		if err != nil || u.Host != "127.0.0.1:1" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%s: URL %q", r.call, r.url)
		}
		switch r.call {
		case "query":
			query, err := url.ParseQuery(u.RawQuery)
			if err != nil || len(query) != 2 || query.Get("id") != customer || query.Get("more") != "1" || u.Path != "/v1/customers" {
				t.Errorf("query: %q", r.url)
			}
		case "json":
			var body struct {
				ID    string `json:"id"`
				List  []any  `json:"list"`
				Force *bool  `json:"force"`
			}
			decoder := json.NewDecoder(strings.NewReader(string(r.body)))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&body); err != nil || body.ID != customer || body.Force == nil || *body.Force || len(body.List) != 4 || body.List[0] != "x-"+customer {
				t.Errorf("json: %s: %v", r.body, err)
			}
		case "form":
			form, err := url.ParseQuery(string(r.body))
			if err != nil || len(form) != 2 || form.Get("id") != customer || form.Get("force") != "false" {
				t.Errorf("form: %s", r.body)
			}
		case "xml":
			var body struct {
				Force    string `xml:"force,attr"`
				Name     string `xml:"name,attr"`
				ID       string `xml:"id"`
				Children []any  `xml:",any"`
			}
			decoder := xml.NewDecoder(strings.NewReader(string(r.body)))
			if err := decoder.Decode(&body); err != nil || body.Force != "false" || body.Name != customer || body.ID != customer {
				t.Errorf("xml: %s: %v", r.body, err)
			}
			if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
				t.Errorf("xml: more than one element: %s", r.body)
			}
		case "path":
			if segments := strings.Split(u.EscapedPath(), "/"); len(segments) != 5 || segments[2] != "customers" || segments[4] != "cards" {
				t.Errorf("path: %q", r.url)
			}
		case "header":
			if len(r.headers) != 1 || strings.ContainsAny(r.headers[0].value, "\r\n\x00") {
				t.Errorf("header: %q", r.headers)
			}
		}
	}
}

func TestHostileReferences(t *testing.T) {
	t.Parallel()
	c := describe(t, everywhere, "http://127.0.0.1:1")
	for name, reference := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rejected := strings.ContainsAny(reference, `/\?#%;é`)
			steps, err := c.plan(erasure.Progress{References: erasure.References{Customer: reference}}, c.scope())
			if rejected != errors.Is(err, errUnusable) {
				t.Errorf("in a body: got %v, want rejected: %v", err, rejected)
			}
			checkShape(t, steps, reference)
			steps, err = c.plan(erasure.Progress{References: erasure.References{Customer: "c", Tokens: []string{reference}}}, c.scope())
			if rejected != errors.Is(err, errUnusable) {
				t.Errorf("in a path: got %v, want rejected: %v", err, rejected)
			}
			checkShape(t, steps, "c")
		})
	}
}

func TestRefusedReferences(t *testing.T) {
	t.Parallel()
	c := describe(t, everywhere, "http://127.0.0.1:1")
	tests := map[string]struct {
		reference string
		want      error
	}{
		"Empty":         {"", errMissing},
		"Dot":           {".", errUnusable},
		"Dots":          {"..", errUnusable},
		"Newline":       {"a\nb", errUnusable},
		"CarriageBreak": {"a\r\nX-Injected: 1", errUnusable},
		"Null":          {"a\x00b", errUnusable},
		"Delete":        {"a\x7f", errUnusable},
		"C1Control":     {"a\u0085b", errUnusable},
		"NotInXML":      {"a\ufffeb", errUnusable},
		"NotUTF8":       {"a\xffb", errUnusable},
		"LeadingSpace":  {" a", errUnusable},
		"TrailingSpace": {"a ", errUnusable},
		"TooLong":       {strings.Repeat("a", wire.MaxReference+1), errUnusable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for place, refs := range map[string]erasure.References{
				"customer": {Customer: test.reference},
				"token":    {Customer: "c", Tokens: []string{"t", test.reference}},
				"payment":  {Customer: "c", Payments: []string{test.reference}},
			} {
				if _, err := c.plan(erasure.Progress{References: refs}, c.scope()); !errors.Is(err, test.want) {
					t.Errorf("%s: got %v, want %v", place, err, test.want)
				} else if test.reference != "" && strings.Contains(err.Error(), strings.TrimSpace(test.reference)) && len(test.reference) > 2 {
					t.Errorf("%s: the error holds the reference", place)
				}
			}
		})
	}
	t.Run("TheLongestThatIsAllowed", func(t *testing.T) {
		t.Parallel()
		if _, err := c.plan(erasure.Progress{References: erasure.References{Customer: strings.Repeat("a", wire.MaxReference)}}, c.scope()); err != nil {
			t.Error(err)
		}
	})
	t.Run("NotASCIIInAHeader", func(t *testing.T) {
		t.Parallel()
		if _, err := c.plan(erasure.Progress{References: erasure.References{Customer: "c", Payments: []string{"josé"}}}, c.scope()); !errors.Is(err, errUnusable) {
			t.Errorf("got %v", err)
		}
	})
}

// Whatever a reference holds, a request has the shape that is described, or
// there is none.
func FuzzReference(f *testing.F) {
	for _, reference := range hostile {
		f.Add(reference)
	}
	for _, reference := range []string{".", "..", "a\nb", "\xff", "\u2028", "a\u0000", "\ufffd", "\ufffe"} {
		f.Add(reference)
	}
	c := describeFuzz(f, everywhere)
	f.Fuzz(func(t *testing.T, reference string) {
		for _, refs := range []erasure.References{
			{Customer: reference},
			{Customer: "c", Tokens: []string{reference}},
			{Customer: "c", Payments: []string{reference}},
		} {
			steps, err := c.plan(erasure.Progress{References: refs}, c.scope())
			if err != nil {
				if steps != nil {
					t.Error("steps in spite of an error")
				}
				continue
			}
			checkShape(t, steps, refs.Customer)
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"${a}", "$${a}", "x${a}y${b}", "${", "}", "$$${a}", "${a${b}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseTemplate(text)
		if err != nil {
			return
		}
		local := map[string]string{}
		for _, name := range parsed.names() {
			if !isCode(name) {
				t.Fatalf("name %q", name)
			}
			local[name] = "${" + name + "}"
		}
		// With every variable standing for itself, only the escape is gone.
		got, err := parsed.render(scope{local: local}, nil)
		if want := strings.ReplaceAll(text, "$${", "${"); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://api.example.com", "https://api.example.com/v1", "https://api.example.com:8443/a/b",
		"http://127.0.0.1:8080", "http://localhost", "http://[::1]:80/x",
	} {
		if err := checkBaseURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                              "must begin with https://",
		"api.example.com":               "must begin with https://",
		"ftp://api.example.com":         "must begin with https://",
		"http://api.example.com":        "must be https; http is for loopback hosts",
		"http://127.0.0.1.evil.example": "must be https; http is for loopback hosts",
		"http://localhost.evil.example": "must be https; http is for loopback hosts",
		"https://":                      "has no host",
		"https:///v1":                   "has no host",
		"https://user:pass@example.com": "must not contain user information",
		"https://example.com?x=1":       "must not have a query or a fragment",
		"https://example.com/v1#f":      "must not have a query or a fragment",
		"https://example.com/":          "must not end in a slash",
		"https://example.com/a/":        "must not end in a slash",
		"https://example.com/a/../b":    "must have a plain path: no dot segments, empty segments or escapes",
		"https://example.com//a":        "must have a plain path: no dot segments, empty segments or escapes",
		"https://example.com/a%2Fb":     "must have a plain path: no dot segments, empty segments or escapes",
		"https://example.com:":          "has an invalid port",
		"https://example.com:0":         "has an invalid port",
		"https://example.com:70000":     "has an invalid port",
		"https://example.com\x7f":       "is not a URL",
		"https://exa mple.com":          "is not a URL",
		"https:example.com":             "has no host",
	} {
		if err := checkBaseURL(bad); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", bad, err, want)
		}
	}
}

func TestPathParameter(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "/delete", "/a/b-c_d.e~f"} {
		if err := checkPath(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"/", "delete", "/a/", "/a//b", "/../x", "/a/./b", "/a?b", "/a#b", "/a%2Fb", "/a b", "/é", `/a\b`, "@evil.example"} {
		if checkPath(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// What an import accepts can be sent to every provider, and what it refuses to none: a
// person can do nothing about a reference that turns out to be unusable later.
func TestImportAndCallsAgree(t *testing.T) {
	t.Parallel()
	references := []string{strings.Repeat("a", 255), strings.Repeat("a", 256), strings.Repeat("\U0001f600", 200), " cus_1", "cus_1 ", "..", "...", "..;", ".;x", "a..b", "%2e%2e"}
	for c := range rune(256) {
		references = append(references, "a"+string(c)+"b", string(c))
	}
	for _, entry := range Catalogue() {
		if entry.Name == "manual" {
			continue
		}
		c := connect(t, useEntry(entry.Name, map[string]string{
			"base_url": "http://127.0.0.1:1", "checkout_url": "http://127.0.0.1:1", "data_protection_url": "http://127.0.0.1:1",
		}, ""))
		for _, reference := range references {
			refs := erasure.References{Customer: reference, Tokens: []string{reference}, Payments: []string{reference}}
			record := erasure.Customer{ID: "c", Connections: []erasure.Connection{{Provider: "p", References: refs}}}
			accepted := record.Validate() == nil
			if _, err := c.plan(erasure.Progress{References: refs}, c.scope()); (err == nil) != accepted {
				t.Errorf("%s: %q: accepted %v, then %v", entry.Name, reference, accepted, err)
			}
		}
	}
}
