package contract

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// clientMutants are requests of wrong clients, and the rule that each breaks.
var clientMutants = []struct {
	name   string
	edit   edit
	rule   Rule
	strict bool
}{
	{name: "base path lost", edit: to("https://api-sandbox.y.uno/customers/c1"), rule: RulePath},
	{name: "base path doubled", edit: to(base + "/v1/customers/c1"), rule: RulePath},
	{name: "empty id", edit: to(base + "/customers/"), rule: RulePath},
	{name: "id of one dot", edit: to(base + "/customers/."), rule: RulePath},
	{name: "id of two dots", edit: to(base + "/customers/.."), rule: RulePath},
	{name: "encoded dots", edit: to(base + "/customers/%2e%2E"), rule: RulePath},
	{name: "dots resolved", edit: to(base + "/"), rule: RulePath},
	{name: "trailing slash", edit: to(base + "/customers/c1/"), rule: RulePath},
	{name: "double slash", edit: to(base + "//customers/c1"), rule: RulePath},
	{name: "slash in the id", edit: to(base + "/customers/a/b"), rule: RulePath},
	{name: "singular", edit: to(base + "/customer/c1"), rule: RulePath},
	{name: "opaque URL", edit: func(r *http.Request) {
		r.URL = &url.URL{Scheme: "https", Host: r.URL.Host, Opaque: "//x/v1/customers/c1"}
	}, rule: RulePath},
	{name: "POST", edit: method(http.MethodPost), rule: RuleMethod},
	{name: "no method, which is GET", edit: method(""), rule: RuleMethod},
	{name: "made-up method", edit: method("ERASE"), rule: RuleMethod},
	{name: "no account", edit: without(accountHeader), rule: RuleHeaderMissing},
	{name: "empty account", edit: with(accountHeader, ""), rule: RuleHeaderEmpty},
	{name: "blank account", edit: with(accountHeader, " \t"), rule: RuleHeaderEmpty},
	{name: "two accounts", edit: with(accountHeader, "a", "b"), rule: RuleHeaderRepeated},
	{name: "two accounts in two spellings", edit: with("x-account-code", first.code), rule: RuleHeaderRepeated},
	{name: "account in a header of another name", edit: func(r *http.Request) {
		r.Header.Set("Account-Code", first.code)
		r.Header.Del(accountHeader)
	}, rule: RuleHeaderMissing},
	{name: "account that is no UUID", edit: with(accountHeader, "acme"), rule: RuleHeaderSchema, strict: true},
	{name: "account as a URN", edit: with(accountHeader, "urn:uuid:"+first.code), rule: RuleHeaderSchema, strict: true},
	{name: "account in braces", edit: with(accountHeader, "{"+first.code+"}"), rule: RuleHeaderSchema, strict: true},
	{name: "no public key", edit: without(publicHeader), rule: RuleKeyMissing},
	{name: "no secret key", edit: without(secretHeader), rule: RuleKeyMissing},
	{name: "empty public key", edit: with(publicHeader, ""), rule: RuleKeyEmpty},
	{name: "empty secret key", edit: with(secretHeader, ""), rule: RuleKeyEmpty},
	{name: "two secret keys", edit: with(secretHeader, "a", "b"), rule: RuleKeyRepeated},
	{name: "keys added twice", edit: with("private-secret-key", first.secretKey), rule: RuleKeyRepeated},
	{name: "65 characters", edit: to(base + "/customers/" + strings.Repeat("x", 65)), rule: RulePathParameter, strict: true},
	{name: "body", edit: sized(`{}`), rule: RuleRequestBody},
	{name: "chunked body", edit: chunked(`{}`), rule: RuleRequestBody},
	{name: "query", edit: to(rightURL + "?force=true"), rule: RuleQuery},
	{name: "empty query", edit: to(rightURL + "?"), rule: RuleQuery},
	{name: "secret key in the query", edit: to(rightURL + "?key=" + url.QueryEscape(first.secretKey)), rule: RuleKeyLeaked},
	{name: "secret key in the path", edit: to(base + "/customers/" + first.secretKey), rule: RuleKeyLeaked},
	{name: "secret key as a bearer token", edit: with("Authorization", "Bearer "+first.secretKey), rule: RuleKeyLeaked},
	{name: "keys as user information", edit: to(strings.Replace(rightURL, "https://", "https://public:secret@", 1)), rule: RuleKeyLeaked},
	{name: "keys in clear text", edit: to(strings.Replace(rightURL, "https://", "http://", 1)), rule: RulePlaintext},
	{name: "redirect followed", edit: func(r *http.Request) { r.Response = &http.Response{StatusCode: 307} }, rule: RuleRedirected},
}

func TestClientMutants(t *testing.T) {
	t.Parallel()
	for _, m := range clientMutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			var opts []Option
			if m.strict {
				opts = append(opts, WithStrict())
			}
			r := rightRequest(t)
			m.edit(r)
			got := sent(t, r, opts...)
			if !slices.Contains(got.rules(), m.rule) {
				t.Errorf("found %v, want rule %s", got.violations, m.rule)
			}
			for _, v := range got.violations {
				inOperation := !slices.Contains(got.rules(), RulePath) && !slices.Contains(got.rules(), RuleMethod)
				if (v.Operation == "delete-customer") != inOperation {
					t.Errorf("operation %q in %s", v.Operation, v)
				}
			}
			wantNoSecrets(t, got.violations)
		})
	}
}

func TestEveryRequestRuleIsBroken(t *testing.T) {
	t.Parallel()
	broken := map[Rule]bool{}
	for _, m := range clientMutants {
		broken[m.rule] = true
	}
	for _, rule := range []Rule{
		RulePath, RuleMethod, RulePathParameter, RuleHeaderMissing, RuleHeaderEmpty, RuleHeaderRepeated, RuleHeaderSchema,
		RuleKeyMissing, RuleKeyEmpty, RuleKeyRepeated, RuleRequestBody, RuleQuery, RuleKeyLeaked, RuleRedirected, RulePlaintext,
	} {
		if !broken[rule] {
			t.Errorf("no mutant breaks %s", rule)
		}
	}
}

// Middleware sees requests before the client adds its keys.
func TestHintAtMiddleware(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit edit
		want int // how many violations hint
	}{
		"NoKeyAtAll": {without(publicHeader, secretHeader), 2},
		"OneKey":     {without(secretHeader), 0},
		"EmptyKeys":  {all(with(publicHeader, ""), with(secretHeader, "")), 0},
	} {
		r := rightRequest(t)
		tt.edit(r)
		got := 0
		for _, v := range sent(t, r).violations {
			if strings.Contains(v.Expected, "middleware") {
				got++
			}
		}
		if got != tt.want {
			t.Errorf("%s: %d violations hint at middleware, want %d", name, got, tt.want)
		}
	}
}

// rightRequests keep every rule, also those of WithStrict.
var rightRequests = map[string]edit{
	"plain":                func(*http.Request) {},
	"loopback without TLS": to("http://127.0.0.1:8080/v1/customers/c1"),
	"IPv6 loopback":        to("http://[::1]:8080/v1/customers/c1"),
	"localhost":            to("http://localhost/v1/customers/c1"),
	"LOCALHOST":            to("http://LOCALHOST/v1/customers/c1"),
	"header name not canonic": func(r *http.Request) {
		r.Header["x-account-code"] = r.Header[accountHeader]
		r.Header.Del(accountHeader)
	},
	"no body, said so":   func(r *http.Request) { r.Body = http.NoBody },
	"encoded id":         to(base + "/customers/%61%2Fb"),
	"dots in an id":      to(base + "/customers/a..b"),
	"64 characters":      to(base + "/customers/" + strings.Repeat("%C3%A9", 64)),
	"UUID of version 7":  with(accountHeader, "0190f1c8-5b1a-7c3e-8d7d-0a5e3b1f9c11"),
	"UUID in upper case": with(accountHeader, strings.ToUpper(first.code)),
	"unknown header":     with("X-Trace", "1"),
}

func TestRightRequests(t *testing.T) {
	t.Parallel()
	for name, e := range rightRequests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rightRequest(t)
			e(r)
			if got := sent(t, r, WithStrict()); len(got.violations) > 0 {
				t.Errorf("found %v", got.violations)
			}
		})
	}
}

// http.Client marks a request that follows a redirect.
func TestFollowedRedirectIsSeen(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, "/v1/customers/moved", http.StatusPermanentRedirect)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	got := &recordingT{}
	client := &http.Client{Transport: mustNew(t, WithRequestsOnly()).Transport(got, new(http.Transport))}
	r := rightRequest(t)
	to(server.URL + "/v1/customers/c1")(r)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if !slices.Contains(got.rules(), RuleRedirected) {
		t.Errorf("found %v, want rule %s", got.violations, RuleRedirected)
	}
}
