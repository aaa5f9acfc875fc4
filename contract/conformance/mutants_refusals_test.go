package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/contract"
)

// refusalMutants refuse too little, too much, or with the wrong answer.
var refusalMutants = []serverMutant{
	// Keys.
	{name: "public key not checked", mutate: keyed(func(_, secret []string, c Credentials) bool { return is(secret, c.PrivateSecretKey) }),
		by: "key-public-missing", rule: contract.RuleAccepted, bare: true},
	{name: "public key only has to be there", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return len(public) == 1 && public[0] != "" && is(secret, c.PrivateSecretKey)
	}), by: "key-public-wrong", rule: RuleCaseStatus, bare: true},
	{name: "secret key not checked", mutate: keyed(func(public, _ []string, c Credentials) bool { return is(public, c.PublicAPIKey) }),
		by: "key-secret-missing", rule: contract.RuleAccepted, bare: true},
	{name: "secret key only has to be there", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && secret[0] != ""
	}), by: "key-secret-wrong", rule: RuleCaseStatus, bare: true},
	{name: "empty secret key", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && (is(secret, c.PrivateSecretKey) || is(secret, ""))
	}), by: "key-secret-empty", rule: contract.RuleAccepted, bare: true},
	{name: "empty public key", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return (is(public, c.PublicAPIKey) || is(public, "")) && is(secret, c.PrivateSecretKey)
	}), by: "key-public-empty", rule: contract.RuleAccepted, bare: true},
	{name: "beginning of the secret key", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && secret[0] != "" && strings.HasPrefix(c.PrivateSecretKey, secret[0])
	}), by: "key-secret-shortened", rule: RuleCaseStatus, bare: true},
	{name: "secret key with more after it", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && strings.HasPrefix(secret[0], c.PrivateSecretKey)
	}), by: "key-secret-lengthened", rule: RuleCaseStatus, bare: true},
	{name: "secret key in any case", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && strings.EqualFold(secret[0], c.PrivateSecretKey)
	}), by: "key-secret-other-case", rule: RuleCaseStatus, bare: true},
	{name: "keys in any header", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && is(secret, c.PrivateSecretKey) || is(secret, c.PublicAPIKey) && is(public, c.PrivateSecretKey)
	}), by: "keys-swapped", rule: RuleCaseStatus, bare: true},
	{name: "one of two secret keys", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && has(secret, c.PrivateSecretKey)
	}), by: "key-secret-repeated", rule: contract.RuleAccepted},
	{name: "one of two public keys", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return has(public, c.PublicAPIKey) && is(secret, c.PrivateSecretKey)
	}), by: "key-public-repeated", rule: contract.RuleAccepted},
	{name: "keys of two accounts", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && (is(secret, first.PrivateSecretKey) || is(secret, second.PrivateSecretKey))
	}), by: "keys-of-two-accounts", rule: RuleCaseStatus},
	{name: "keys of any account", mutate: func(ref *reference) { ref.access = func(string, string) bool { return true } },
		by: "keys-of-another-account", rule: RuleCaseStatus},
	{name: "customers of any account", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, _, id string) result { return erase(ref, first.AccountCode, id) }
	}, by: "customer-of-another-account", rule: RuleCaseStatus},
	{name: "another account erases and says it did not", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if account == second.AccountCode {
				erase(ref, first.AccountCode, id)
			}
			return erase(ref, account, id)
		}
	}, by: "customer-of-another-account", rule: RuleCaseErased},
	{name: "403 for wrong keys", mutate: statused(401, 403), by: "keys-missing", rule: RuleCaseStatus},
	{name: "401 for another account", mutate: statused(403, 401), by: "keys-of-another-account", rule: RuleCaseStatus},
	{name: "wrong code for wrong keys", mutate: rewriting(401, func(res *result) { *res = refuse(401, "INVALID_TOKEN", "m") }),
		by: "key-secret-wrong", rule: RuleCaseCode},
	{name: "unknown public key told apart", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if res.status == 401 && r.Header.Get(publicHeader) == first.PublicAPIKey {
				res.body = `{"code":"INVALID_CREDENTIALS","messages":["Wrong secret."]}`
			}
		}
	}, by: "key-errors-alike", rule: RuleCaseDiffers},
	{name: "parameters before keys", mutate: func(ref *reference) {
		ref.order = func(keys, parameters func() (result, bool)) (result, bool) {
			if res, ok := parameters(); !ok {
				return res, false
			}
			return keys()
		}
	}, by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "account before keys", mutate: func(ref *reference) {
		keys := ref.keys
		ref.keys = func(ref *reference, r *http.Request) (string, bool) {
			if len(r.Header[accountHeader]) == 0 {
				return first.AccountCode, true
			}
			return keys(ref, r)
		}
	}, by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "id before keys", mutate: func(ref *reference) {
		keys := ref.keys
		ref.keys = func(ref *reference, r *http.Request) (string, bool) {
			if id, _ := ref.route(r); len(id) > 64 {
				return first.AccountCode, true
			}
			return keys(ref, r)
		}
	}, by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "500 for wrong keys", mutate: rewriting(401, func(res *result) { *res = refuse(500, "INTERNAL_ERROR", "m") }),
		by: "key-secret-wrong", rule: RuleCaseStatus, bare: true},

	// Parameters.
	{name: "missing account", mutate: accepting(func(v []string) bool { return len(v) == 0 || v[0] == "" }), by: "account-missing", rule: contract.RuleAccepted, bare: true},
	{name: "empty account", mutate: accepting(func(v []string) bool { return is(v, "") }), by: "account-empty", rule: contract.RuleAccepted, bare: true},
	{name: "repeated account", mutate: accepting(func(v []string) bool { return len(v) > 1 }), by: "account-repeated", rule: contract.RuleAccepted},
	{name: "account in another form", mutate: accepting(func(v []string) bool {
		return strings.ReplaceAll(strings.Join(v, ""), "-", "") == strings.ReplaceAll(first.AccountCode, "-", "")
	}), by: "account-malformed", rule: contract.RuleAccepted},
	{name: "malformed account is just another account", mutate: func(ref *reference) {
		ref.account = func([]string) (result, bool) { return result{}, true }
	}, by: "account-malformed", rule: RuleCaseStatus},
	{name: "account that does not exist", mutate: func(ref *reference) {
		ref.access = func(own, named string) bool { return own == named || ref.customers[named] == nil }
	}, by: "account-unknown", rule: RuleCaseStatus},
	{name: "wrong code for a missing account", mutate: func(ref *reference) {
		ref.account = func(v []string) (result, bool) {
			return refuse(400, codeCustomerNotFound, "x-account-code"), len(v) == 1 && uuidForm.MatchString(v[0])
		}
	}, by: "account-missing", rule: RuleCaseCode},
	{name: "parameter not named", mutate: func(ref *reference) {
		ref.account = func(v []string) (result, bool) {
			return refuse(400, codeInvalidAccount, "Bad request."), len(v) == 1 && uuidForm.MatchString(v[0])
		}
	}, by: "account-missing", rule: RuleCaseParameter},
	{name: "63 characters at most", mutate: identified(func(id string) bool { return utf8.RuneCountInString(id) <= 63 }), by: "id-longest", rule: RuleCaseCode},
	{name: "65 characters at most", mutate: identified(func(id string) bool { return utf8.RuneCountInString(id) <= 65 }), by: "id-too-long", rule: RuleCaseCode},
	{name: "two characters at least", mutate: identified(func(id string) bool { return len(id) > 1 && utf8.RuneCountInString(id) <= 64 }), by: "id-shortest", rule: RuleCaseCode},
	{name: "bytes for characters", mutate: identified(func(id string) bool { return len(id) <= 64 }), by: "id-unicode", rule: RuleCaseCode},
	{name: "no limit for Unicode", mutate: identified(func(id string) bool { return len(id) <= 64 || id[0] > 0x7f }), by: "id-unicode-too-long", rule: RuleCaseCode},
	{name: "id not decoded", mutate: func(ref *reference) {
		route := ref.route
		ref.route = func(r *http.Request) (string, bool) {
			_, ok := route(r)
			return strings.TrimPrefix(r.URL.EscapedPath(), "/v1/customers/"), ok
		}
	}, by: "id-percent-encoded", rule: RuleCaseStatus},
	{name: "id decoded twice", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if _, err := url.PathUnescape(id); err != nil {
				return refuse(500, "INTERNAL_ERROR", "m")
			}
			return erase(ref, account, id)
		}
	}, by: "id-quotes", rule: RuleCaseStatus},
	{name: "encoded slash splits the path", mutate: func(ref *reference) {
		route := ref.route
		ref.route = func(r *http.Request) (string, bool) {
			id, ok := route(r)
			return id, ok && !strings.Contains(id, "/")
		}
	}, by: "id-encoded-slash", rule: contract.RuleStatus, bare: true},
	{name: "500 for NUL", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if strings.ContainsRune(id, 0) {
				return refuse(500, "INTERNAL_ERROR", "m")
			}
			return erase(ref, account, id)
		}
	}, by: "id-control-characters", rule: RuleCaseStatus, bare: true},
	{name: "line breaks are removed", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if strings.Contains(id, "\n") {
				return result{202, http.Header{}, ""}
			}
			return erase(ref, account, id)
		}
	}, by: "id-control-characters", rule: RuleCaseStatus},

	// Paths, methods, bodies.
	{name: "trailing slash", mutate: func(ref *reference) {
		route := ref.route
		ref.route = func(r *http.Request) (string, bool) {
			r.URL.Path, r.URL.RawPath = strings.TrimSuffix(r.URL.Path, "/"), ""
			return route(r)
		}
	}, by: "path-trailing-slash", rule: contract.RuleStatus},
	{name: "path in any case", mutate: func(ref *reference) {
		route := ref.route
		ref.route = func(r *http.Request) (string, bool) {
			r.URL.Path, r.URL.RawPath = strings.Replace(r.URL.Path, "/Customers/", "/customers/", 1), ""
			return route(r)
		}
	}, by: "path-case", rule: contract.RuleStatus},
	{name: "more segments", mutate: func(ref *reference) {
		ref.route = func(r *http.Request) (string, bool) {
			id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/customers/"), "/")
			return id, strings.HasPrefix(r.URL.Path, "/v1/customers/") && id != ""
		}
	}, by: "path-extra-segment", rule: contract.RuleStatus},
	{name: "collection", mutate: func(ref *reference) {
		route := ref.route
		ref.route = func(r *http.Request) (string, bool) {
			if r.URL.Path == "/v1/customers" {
				return "all", true
			}
			return route(r)
		}
	}, by: "path-collection", rule: RuleCaseStatus},
	{name: "encoded dots resolved", mutate: around(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if rest, ok := strings.CutPrefix(r.URL.Path, "/v1/customers/../"); ok {
				r.URL.Path, r.URL.RawPath = "/v1/"+rest, ""
			}
			next.ServeHTTP(w, r)
		})
	}), by: "path-encoded-dot-segments", rule: contract.RuleStatus},
	{name: "404 for another method", mutate: rewriting(405, func(res *result) { *res = refuse(404, codeNotFound, "m") }), by: "method-get", rule: contract.RuleStatus},
	{name: "405 without Allow", mutate: rewriting(405, func(res *result) { res.header.Del("Allow") }), by: "method-post", rule: contract.RuleAllow},
	{name: "405 that allows something else", mutate: rewriting(405, func(res *result) { res.header.Set("Allow", "GET, POST") }), by: "method-put", rule: contract.RuleAllow},
	{name: "GET erases", mutate: func(ref *reference) {
		ref.methods = func(m string) bool { return m == http.MethodDelete || m == http.MethodGet }
	}, by: "method-get", rule: contract.RuleStatus},
	{name: "HEAD is answered 200", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.Method == http.MethodHead {
				res.status, res.body = 200, ""
			}
		}
	}, by: "method-head", rule: contract.RuleStatus},
	{name: "OPTIONS is answered 204", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.Method == http.MethodOptions {
				res.status, res.body = 204, ""
			}
		}
	}, by: "method-options", rule: contract.RuleStatus},
	{name: "method in any case", mutate: func(ref *reference) { ref.methods = func(m string) bool { return strings.EqualFold(m, "DELETE") } },
		by: "method-lower-case", rule: contract.RuleStatus},
	{name: "wrong code for another method", mutate: rewriting(405, func(res *result) {
		res.body = `{"code":"NOT_FOUND","messages":["m"]}`
	}), by: "method-patch", rule: RuleCaseCode},
	{name: "501 for an unknown method", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.Method == "PURGE" {
				res.status = 501
			}
		}
	}, by: "method-unknown", rule: contract.RuleStatus},
	{name: "500 for a body", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.ContentLength != 0 && res.status == 400 {
				res.status = 500
			}
		}
	}, by: "body-json", rule: RuleCaseStatus},
	{name: "wrong code for a body", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.ContentLength != 0 && res.status == 400 {
				*res = refuse(400, codeInvalidAccount, "m")
			}
		}
	}, by: "body-json", rule: RuleCaseCode},
	{name: "body accepted", mutate: func(ref *reference) { ref.body = func(*http.Request) bool { return false } }, by: "body-json", rule: contract.RuleAccepted},
	{name: "chunked body accepted", mutate: func(ref *reference) { ref.body = func(r *http.Request) bool { return r.ContentLength > 0 } }, by: "body-chunked", rule: contract.RuleAccepted},
	{name: "large body accepted", mutate: func(ref *reference) {
		ref.body = func(r *http.Request) bool { n, _ := io.ReadFull(r.Body, make([]byte, 8)); return n > 0 && n < 8 }
	}, by: "body-large", rule: contract.RuleAccepted},

	// What is only seen over several requests.
	{name: "repeated delete is the server's failure", mutate: func(ref *reference) {
		gone := map[string]bool{}
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			res := erase(ref, account, id)
			ref.mu.Lock()
			defer ref.mu.Unlock()
			if gone[id] {
				return refuse(500, "INTERNAL_ERROR", "m")
			}
			gone[id] = res.status == 202
			return res
		}
	}, by: "repeated-delete", rule: RuleCaseStatus, bare: true},
	{name: "another code the second time", mutate: func(ref *reference) {
		asked := map[string]bool{}
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			res := erase(ref, account, id)
			ref.mu.Lock()
			defer ref.mu.Unlock()
			if asked[id] && res.status == 400 {
				return refuse(400, codeInvalidRequest, "m")
			}
			asked[id] = true
			return res
		}
	}, by: "repeated-delete", rule: RuleCaseCode},
	{name: "fails when many ask about one customer", mutate: func(ref *reference) {
		asked := map[string]int{}
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			ref.mu.Lock()
			asked[id]++
			crowd := asked[id] > 2
			ref.mu.Unlock()
			if crowd {
				return refuse(500, "INTERNAL_ERROR", "m")
			}
			return erase(ref, account, id)
		}
	}, by: "concurrent-deletes", rule: RuleCaseStatus, bare: true},
	{name: "nobody wins", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			erase(ref, account, id)
			return refuse(400, codeCustomerNotFound, "m")
		}
	}, by: "concurrent-deletes", rule: RuleCaseStatus, bare: true},
	{name: "erases before it checks", mutate: func(ref *reference) {
		ref.early = func(ref *reference, r *http.Request) {
			id, ok := ref.route(r)
			if ok && r.Header.Get(secretHeader) != first.PrivateSecretKey {
				ref.mu.Lock()
				delete(ref.customers[first.AccountCode], id)
				ref.mu.Unlock()
			}
		}
	}, by: "refusals-change-nothing", rule: RuleCaseErased},
	{name: "no request id", mutate: func(ref *reference) {
		ref.after = func(_ *reference, _ *http.Request, res *result) { res.header.Del("X-Request-Id") }
	}, by: "request-id", rule: RuleCaseRequestID},
	{name: "one request id for all", mutate: func(ref *reference) { ref.requestID = func() string { return "1" } }, by: "request-id", rule: RuleCaseRequestID},
	{name: "another contract over HTTP/2", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.ProtoMajor == 2 && res.status == 202 {
				res.status = 200
			}
		}
	}, by: "http2-accepted", rule: contract.RuleStatus, bare: true},
	{name: "keys not checked over HTTP/2", mutate: func(ref *reference) {
		keys := ref.keys
		ref.keys = func(ref *reference, r *http.Request) (string, bool) {
			if r.ProtoMajor == 2 {
				return first.AccountCode, true
			}
			return keys(ref, r)
		}
	}, by: "http2-refused", rule: contract.RuleAccepted, bare: true},
	{name: "connection dropped", mutate: around(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			if next.ServeHTTP(rec, r); rec.Code == 400 {
				panic(http.ErrAbortHandler)
			}
			copyAnswer(w, rec)
		})
	}), by: "not-found", rule: contract.RuleNoResponse, bare: true},
}
