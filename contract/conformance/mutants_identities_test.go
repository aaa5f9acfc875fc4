package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

// knowing makes the reference take an id for f(id).
func knowing(f func(id string) string) func(*reference) {
	return func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result { return erase(ref, account, f(id)) }
	}
}

// rewritten changes every request before the reference sees it.
func rewritten(f func(r *http.Request)) func(*reference) {
	return around(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(r)
			next.ServeHTTP(w, r)
		})
	})
}

// overridden takes the method from a header.
func overridden(name string) func(*reference) {
	return rewritten(func(r *http.Request) {
		if m := r.Header.Get(name); m != "" {
			r.Method = m
		}
	})
}

// fromQuery takes a header that is missing from the query.
func fromQuery(header, name string) func(*reference) {
	return rewritten(func(r *http.Request) {
		if value := r.URL.Query().Get(name); value != "" && r.Header.Get(header) == "" {
			r.Header.Set(header, value)
		}
	})
}

func before(separator string) func(string) string {
	return func(id string) string { id, _, _ = strings.Cut(id, separator); return id }
}

// cutPath cuts the path as it was sent.
func cutPath(separator string) func(*reference) {
	return rewritten(func(r *http.Request) {
		if path, _, found := strings.Cut(r.URL.EscapedPath(), separator); found {
			r.URL.Path, r.URL.RawPath = path, ""
		}
	})
}

func decoded(decode func(string) (string, error)) func(string) string {
	return func(id string) string {
		if again, err := decode(id); err == nil {
			return again
		}
		return id
	}
}

// identityMutants erase somebody other than the one who was named, or nobody.
var identityMutants = []serverMutant{
	{name: "id trimmed", mutate: knowing(strings.TrimSpace), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "space before the id dropped", mutate: knowing(func(id string) string { return strings.TrimLeft(id, " ") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "line break after the id dropped", mutate: knowing(func(id string) string { return strings.TrimSuffix(id, "\n") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "plus sign is a space", mutate: knowing(func(id string) string { return strings.TrimRight(id, "+") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "id ends at NUL", mutate: knowing(before("\x00")), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "unseen characters dropped", mutate: knowing(func(id string) string { return strings.ReplaceAll(id, "\u200b", "") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "slash after the id dropped", mutate: knowing(func(id string) string { return strings.TrimSuffix(id, "/") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "space after the id dropped", mutate: knowing(func(id string) string { return strings.TrimRight(id, " ") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "matrix parameters of the path as sent", mutate: cutPath(";"), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "matrix parameters that a proxy encodes", mutate: cutPath("%3B"), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "matrix parameters", mutate: knowing(before(";")), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "query in the id", mutate: knowing(before("?")), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "fragment in the id", mutate: knowing(before("#")), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "extension", mutate: knowing(func(id string) string { return strings.TrimSuffix(id, ".json") }), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "id decoded twice, leniently", mutate: knowing(decoded(url.PathUnescape)), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "id decoded twice, as a query", mutate: knowing(decoded(url.QueryUnescape)), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "ids without case", mutate: knowing(strings.ToLower), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "near miss erases and says it did not", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if trimmed := strings.TrimSpace(id); trimmed != id {
				erase(ref, account, trimmed)
			}
			return erase(ref, account, id)
		}
	}, by: "id-near-miss", rule: RuleCaseErased},
	{name: "500 for separators", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if strings.ContainsAny(id, "?#;") {
				return refuse(500, "INTERNAL_ERROR", "m")
			}
			return erase(ref, account, id)
		}
	}, by: "id-separators", rule: RuleCaseStatus, bare: true},
	{name: "unseen characters accepted", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			if strings.Contains(id, "\u202e") {
				return result{202, http.Header{}, ""}
			}
			return erase(ref, account, id)
		}
	}, by: "id-unseen-characters", rule: RuleCaseStatus, bare: true},

	{name: "X-HTTP-Method-Override", mutate: overridden("X-HTTP-Method-Override"), by: "method-override", rule: contract.RuleStatus},
	{name: "X-HTTP-Method", mutate: overridden("X-HTTP-Method"), by: "method-override", rule: contract.RuleStatus},
	{name: "X-Method-Override", mutate: overridden("X-Method-Override"), by: "method-override", rule: contract.RuleStatus},
	{name: "_method in the query", mutate: rewritten(func(r *http.Request) {
		if m := r.URL.Query().Get("_method"); m != "" {
			r.Method = m
		}
	}), by: "method-override", rule: contract.RuleStatus},
	{name: "_method in a form", mutate: rewritten(func(r *http.Request) {
		if m := r.PostFormValue("_method"); m != "" {
			r.Method, r.Body, r.ContentLength = m, http.NoBody, 0
		}
	}), by: "method-override", rule: contract.RuleStatus},
	{name: "customer_id in the query", mutate: rewritten(func(r *http.Request) {
		if id := r.URL.Query().Get("customer_id"); id != "" {
			r.URL.Path, r.URL.RawPath = "/v1/customers/"+id, ""
		}
	}), by: "query-customer-id", rule: RuleCaseOtherID, bare: true},
	{name: "id in the query", mutate: rewritten(func(r *http.Request) {
		if id := r.URL.Query().Get("id"); id != "" {
			r.URL.Path, r.URL.RawPath = "/v1/customers/"+id, ""
		}
	}), by: "query-customer-id", rule: RuleCaseOtherID},
	{name: "account in the query", mutate: fromQuery(accountHeader, "x-account-code"), by: "query-account", rule: contract.RuleAccepted, bare: true},
	{name: "secret key in the query", mutate: fromQuery(secretHeader, "private-secret-key"), by: "query-keys", rule: contract.RuleAccepted, bare: true},
	{name: "public key in the query", mutate: fromQuery(publicHeader, "public_api_key"), by: "query-keys", rule: contract.RuleAccepted},
	{name: "public key in any case", mutate: keyed(func(public, secret []string, c Credentials) bool {
		return len(public) == 1 && strings.EqualFold(public[0], c.PublicAPIKey) && is(secret, c.PrivateSecretKey)
	}), by: "key-public-other-case", rule: RuleCaseStatus, bare: true},

	{name: "accepts and erases nobody", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			ref.mu.Lock()
			known := ref.customers[account][id]
			ref.mu.Unlock()
			if known {
				return result{202, http.Header{}, ""}
			}
			return erase(ref, account, id)
		}
	}, by: "accepted-is-gone", rule: RuleCaseKept, bare: true, opts: []RunOption{WithTimeout(time.Second)}},
	{name: "erases everybody", mutate: func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) result {
			res := erase(ref, account, id)
			if ref.mu.Lock(); res.status == 202 {
				clear(ref.customers[account])
			}
			ref.mu.Unlock()
			return res
		}
	}, by: "accepted-is-gone", rule: RuleCaseErased, bare: true},
}
