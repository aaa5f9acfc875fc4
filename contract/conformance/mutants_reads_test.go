package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/contract"
)

// A readMutant is the reference server with one fault in one of its reads.
type readMutant struct {
	name   string
	mutate mutation
	by     string // the case, without the operation
	rule   contract.Rule
	bare   bool // judged without Target.Strict
}

// readMutants are faults that every read can have. Those of one operation are in its own
// test file.
var readMutants = []readMutant{
	// Other accounts.
	{name: "customers of any account", mutate: changeFind(func(ref *reference, find findFunc, _, property, value string) (map[string]any, bool) {
		return find(ref, first.AccountCode, property, value)
	}), by: "of-another-account", rule: RuleCaseDisclosed, bare: true},
	{name: "account from the header", mutate: func(ref *reference) {
		ref.reads.keys = func(ref *reference, r *http.Request) (string, bool) {
			account, ok := findKeys(ref, r)
			if named := r.Header.Get(accountHeader); named != "" {
				account = named
			}
			return account, ok
		}
	}, by: "of-another-account", rule: RuleCaseDisclosed, bare: true},
	{name: "403 for another account's customer", mutate: changeFind(func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool) {
		_, theirs := find(ref, first.AccountCode, property, value)
		if theirs && account == second.AccountCode {
			panic(errForbidden)
		}
		return find(ref, account, property, value)
	}), by: "of-another-account", rule: RuleCaseStatus},
	{name: "personal data in a refusal", mutate: changeFind(func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool) {
		object, theirs := find(ref, first.AccountCode, property, value)
		if theirs && account == second.AccountCode {
			panic(refuse(400, codeCustomerNotFound, object["email"].(string)+" belongs to another account."))
		}
		return object, theirs
	}), by: "of-another-account", rule: RuleCaseDisclosed, bare: true},
	{name: "HEAD with keys of another account", mutate: func(ref *reference) {
		ref.reads.methods = func(method string) bool { return method == http.MethodGet || method == http.MethodHead }
		find := ref.reads.find
		ref.reads.find = func(ref *reference, _, property, value string) (map[string]any, bool) {
			return find(ref, first.AccountCode, property, value)
		}
	}, by: "head", rule: RuleCaseDisclosed, bare: true},

	// Keys.
	{name: "no keys", mutate: acceptReadKeys(func(public, secret []string) bool { return len(public)+len(secret) == 0 }), by: "keys-missing", rule: contract.RuleAccepted, bare: true},
	{name: "no secret key", mutate: acceptReadKeys(func(public, secret []string) bool { return is(public, first.PublicAPIKey) && len(secret) == 0 }), by: "keys-missing", rule: RuleCaseDisclosed, bare: true},
	{name: "empty secret key", mutate: acceptReadKeys(func(public, secret []string) bool { return is(public, first.PublicAPIKey) && is(secret, "") }), by: "keys-missing", rule: contract.RuleAccepted, bare: true},
	{name: "any secret key", mutate: acceptReadKeys(func(public, secret []string) bool { return is(public, first.PublicAPIKey) && len(secret) == 1 }), by: "keys-wrong", rule: RuleCaseDisclosed, bare: true},
	{name: "keys swapped", mutate: acceptReadKeys(func(public, secret []string) bool {
		return is(public, first.PrivateSecretKey) && is(secret, first.PublicAPIKey)
	}), by: "keys-wrong", rule: RuleCaseStatus, bare: true},
	{name: "secret key in any case", mutate: acceptReadKeys(func(public, secret []string) bool {
		return is(public, first.PublicAPIKey) && len(secret) == 1 && strings.EqualFold(secret[0], first.PrivateSecretKey)
	}), by: "keys-wrong", rule: RuleCaseStatus, bare: true},
	{name: "one of two secret keys", mutate: acceptReadKeys(func(public, secret []string) bool {
		return is(public, first.PublicAPIKey) && has(secret, first.PrivateSecretKey)
	}), by: "keys-repeated", rule: contract.RuleAccepted},
	{name: "secret key of any account", mutate: acceptReadKeys(func(public, secret []string) bool {
		return is(public, first.PublicAPIKey) && is(secret, second.PrivateSecretKey)
	}), by: "keys-of-two-accounts", rule: RuleCaseDisclosed, bare: true},
	{name: "403 for wrong keys", mutate: changeGET(func(_ *http.Request, res *rawResponse) {
		if res.status == 401 {
			res.status = 403
		}
	}), by: "keys-wrong", rule: RuleCaseStatus},
	{name: "parameters before keys", mutate: func(ref *reference) {
		ref.early = func(ref *reference, r *http.Request) {
			rt := readTestAt(r)
			if rt.operation == ref.wrongRead && len(strings.Join(rt.values(r), "")) > rt.limit {
				r.Header[publicHeader], r.Header[secretHeader] = []string{first.PublicAPIKey}, []string{first.PrivateSecretKey}
			}
		}
	}, by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "keys from the query", mutate: changeRequests(func(r *http.Request) {
		if key := queryOf(r, "private-secret-key"); key != "" && r.Header.Get(secretHeader) == "" {
			r.Header.Set(secretHeader, key)
		}
	}), by: "query-keys", rule: contract.RuleAccepted, bare: true},
	{name: "HEAD without keys", mutate: func(ref *reference) {
		ref.reads.methods = func(method string) bool { return method == http.MethodGet || method == http.MethodHead }
		ref.reads.keys = func(ref *reference, r *http.Request) (string, bool) {
			account, ok := findKeys(ref, r)
			if r.Method == http.MethodHead {
				return first.AccountCode, true
			}
			return account, ok
		}
	}, by: "head", rule: RuleCaseDisclosed, bare: true},
	{name: "HEAD is served", mutate: func(ref *reference) {
		ref.reads.methods = func(method string) bool { return method == http.MethodGet || method == http.MethodHead }
	}, by: "head", rule: RuleCaseStatus},

	// The customer.
	{name: "a list", mutate: changeShown(func(object map[string]any) rawResponse { return text(200, `[{"id":"`+object["id"].(string)+`"}]`) }), by: "found", rule: contract.RuleSchema, bare: true},
	{name: "an envelope", mutate: changeShown(func(map[string]any) rawResponse { return text(200, `{"data":{},"id":null}`) }), by: "found", rule: contract.RuleSchema, bare: true},
	{name: "no body", mutate: changeShown(func(map[string]any) rawResponse { return text(200, "") }), by: "found", rule: contract.RuleBodyMissing, bare: true},
	{name: "cut short", mutate: changeShown(func(map[string]any) rawResponse { return text(200, `{"id":"`) }), by: "found", rule: contract.RuleJSON, bare: true},
	{name: "a number as e-mail address", mutate: showInstead(func(object map[string]any) { object["email"] = 1 }), by: "found", rule: contract.RuleSchema, bare: true},
	{name: "an object as metadata", mutate: showInstead(func(object map[string]any) { object["metadata"] = map[string]any{"plan": "gold"} }), by: "found", rule: contract.RuleSchema, bare: true},
	{name: "a text as phone", mutate: showInstead(func(object map[string]any) { object["phone"] = "555" }), by: "found", rule: contract.RuleSchema, bare: true},
	{name: "202 with the customer", mutate: changeGET(func(_ *http.Request, res *rawResponse) {
		if res.status == 200 {
			res.status = 202
		}
	}), by: "found", rule: contract.RuleStatus, bare: true},
	{name: "204", mutate: changeShown(func(map[string]any) rawResponse { return rawResponse{status: 204, header: http.Header{}} }), by: "found", rule: contract.RuleStatus, bare: true},
	{name: "HTML", mutate: changeGET(func(_ *http.Request, res *rawResponse) { res.header.Set("Content-Type", "text/html") }), by: "found", rule: contract.RuleContentType, bare: true},
	{name: "HTML if it is preferred", mutate: changeGET(func(r *http.Request, res *rawResponse) {
		if r.Header.Get("Accept") == "text/html" {
			res.header.Set("Content-Type", "text/html")
		}
	}), by: "found", rule: contract.RuleContentType, bare: true},
	{name: "another id", mutate: showInstead(func(object map[string]any) { object["id"] = unknownID() }), by: "found", rule: RuleCaseOtherID, bare: true},
	{name: "no id", mutate: showInstead(func(object map[string]any) { delete(object, "id") }), by: "found", rule: contract.RuleSchema},
	{name: "a key in the customer", mutate: changeGET(func(r *http.Request, res *rawResponse) {
		if res.status == 200 {
			res.body = `{"id":"` + r.Header.Get(secretHeader) + `"}`
		}
	}), by: "found", rule: contract.RuleKeyEchoed, bare: true},
	{name: "500 for a customer", mutate: changeShown(func(map[string]any) rawResponse { return refuse(500, "INTERNAL_ERROR", "m") }), by: "found", rule: RuleCaseStatus, bare: true},
	{name: "redirect", mutate: changeShown(func(map[string]any) rawResponse {
		return rawResponse{status: 307, header: http.Header{"Location": {"/v1/elsewhere"}}}
	}), by: "found", rule: contract.RuleStatus, bare: true},
	{name: "the last customer", mutate: showLast, by: "two-customers", rule: RuleCaseOtherID, bare: true},
	{name: "a buffer for all requests", mutate: shareBuffer, by: "two-customers", rule: RuleCaseOtherID, bare: true},

	// Unknown customers.
	{name: "text for an unknown customer", mutate: notFoundAs(func() rawResponse {
		return rawResponse{404, http.Header{"Content-Type": {"text/plain"}}, "404 page not found\n"}
	}), by: "not-found", rule: RuleCaseAddress, bare: true},
	{name: "404 with another error body", mutate: notFoundAs(func() rawResponse { return text(404, `{"error":"not found"}`) }), by: "not-found", rule: RuleCaseAddress, bare: true},
	{name: "an empty customer", mutate: notFoundAs(func() rawResponse { return text(200, "{}") }), by: "not-found", rule: RuleCaseStatus, bare: true},
	{name: "null", mutate: notFoundAs(func() rawResponse { return text(200, "null") }), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "an empty list", mutate: notFoundAs(func() rawResponse { return text(200, "[]") }), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "410", mutate: notFoundAs(func() rawResponse { return refuse(410, codeNotFound, "m") }), by: "not-found", rule: contract.RuleStatus, bare: true},
	{name: "500 for an unknown customer", mutate: notFoundAs(func() rawResponse { return refuse(500, "INTERNAL_ERROR", "m") }), by: "not-found", rule: RuleCaseStatus, bare: true},
	{name: "another code for an unknown customer", mutate: notFoundAs(func() rawResponse { return refuse(400, codeInvalidRequest, "m") }), by: "not-found", rule: RuleCaseCode},
	{name: "another code in a 404", mutate: notFoundAs(func() rawResponse { return refuse(404, codeInvalidRequest, "m") }), by: "not-found", rule: RuleCaseCode},

	// Values.
	{name: "value trimmed", mutate: changeValue(strings.TrimSpace), by: "near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "value cut at NUL", mutate: changeValue(cutAt("\x00")), by: "near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "value decoded twice", mutate: changeValue(decodeAgain(url.PathUnescape)), by: "near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "invisible characters dropped", mutate: changeValue(func(v string) string { return strings.ReplaceAll(v, "\u200b", "") }), by: "near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "value in any case", mutate: compare(strings.EqualFold), by: "near-miss", rule: RuleCaseOtherID},
	{name: "value with a prefix", mutate: compare(func(stored, asked string) bool { return strings.HasPrefix(asked, stored) }), by: "near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "any pattern", mutate: compare(func(stored, asked string) bool { return stored == asked || asked == "*" || asked == "%" }), by: "strange-value", rule: RuleCaseDisclosed, bare: true},
	{name: "injection", mutate: compare(func(stored, asked string) bool { return stored == asked || strings.Contains(asked, "' OR '") }), by: "strange-value", rule: RuleCaseDisclosed, bare: true},
	{name: "500 for NUL", mutate: changeFind(func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool) {
		if strings.Contains(value, "\x00") {
			panic(refuse(500, "INTERNAL_ERROR", "m"))
		}
		return find(ref, account, property, value)
	}), by: "strange-value", rule: RuleCaseStatus, bare: true},
	{name: "no limit", mutate: checkLength(func(int) int { return 1 << 20 }), by: "too-long", rule: RuleCaseCode},
	{name: "a limit off by one", mutate: checkLength(func(documented int) int { return documented - 1 }), by: "longest", rule: RuleCaseCode},
	{name: "parameter not named", mutate: func(ref *reference) {
		check := ref.reads.check
		ref.reads.check = func(rt readTest, value string) (rawResponse, bool) {
			_, ok := check(rt, value)
			return refuse(400, codeInvalidParam, "Bad request."), ok
		}
	}, by: "too-long", rule: RuleCaseParameter},
	{name: "value not decoded", mutate: changeRequests(func(r *http.Request) {
		if strings.Contains(strings.ToLower(r.URL.EscapedPath()+r.URL.RawQuery), "%6") && r.Method == http.MethodGet {
			r.URL.Path, r.URL.RawPath, r.URL.RawQuery = "/v1/customers/x", "", ""
		}
	}), by: "percent-encoded", rule: RuleCaseStatus, bare: true},

	// Paths, bodies and methods.
	{name: "trailing slash", mutate: changeRequests(func(r *http.Request) {
		if r.Method == http.MethodGet {
			r.URL.Path, r.URL.RawPath = strings.TrimRight(r.URL.Path, "/"), ""
		}
	}), by: "paths", rule: RuleCaseDisclosed},
	{name: "redirect by the mux", mutate: wrapHandler(serveThroughMux), by: "paths", rule: RuleCaseStatus},
	{name: "body ignored", mutate: func(ref *reference) { ref.reads.body = func(*http.Request) bool { return false } }, by: "body", rule: RuleCaseStatus},
	{name: "GET erases", mutate: changeFind(func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool) {
		object, ok := find(ref, account, property, value)
		if ok {
			eraseCustomer(ref, account, object["id"].(string))
		}
		return object, ok
	}), by: "changes-nothing", rule: RuleCaseErased, bare: true},
	{name: "override of the method", mutate: func(ref *reference) {
		ref.early = func(ref *reference, r *http.Request) {
			rt := readTestAt(r)
			if rt.operation != ref.wrongRead {
				return
			}
			object, ok := findCustomer(ref, first.AccountCode, rt.property, strings.Join(rt.values(r), ""))
			if ok && r.Header.Get("X-Http-Method-Override") == http.MethodDelete {
				eraseCustomer(ref, first.AccountCode, object["id"].(string))
			}
		}
	}, by: "changes-nothing", rule: RuleCaseErased, bare: true},

	// After a deletion.
	{name: "still there", mutate: leave(func(object map[string]any) map[string]any { return object }), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "e-mail address still there", mutate: leave(func(object map[string]any) map[string]any {
		return without(object, "first_name", "phone", "metadata", "gender")
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "phone still there", mutate: leave(func(object map[string]any) map[string]any {
		return without(object, "first_name", "email", "metadata", "gender")
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "gender still there", mutate: leave(func(object map[string]any) map[string]any {
		return without(object, "first_name", "email", "metadata", "phone")
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "metadata still there", mutate: leave(func(object map[string]any) map[string]any {
		return without(object, "first_name", "email", "phone", "gender")
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "e-mail address in upper case", mutate: leave(func(object map[string]any) map[string]any {
		left := anonymous(object)
		left["email"] = strings.ToUpper(object["email"].(string))
		return left
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "e-mail address moved", mutate: leave(func(object map[string]any) map[string]any {
		left := anonymous(object)
		left["metadata"] = []any{map[string]any{"key": "former", "value": "was " + object["email"].(string)}}
		return left
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "e-mail address cut", mutate: leave(func(object map[string]any) map[string]any {
		left := anonymous(object)
		left["email"] = object["email"].(string)[:16]
		return left
	}), by: "after-delete", rule: RuleCaseKept, bare: true},
	{name: "text after the deletion", mutate: notFoundAs(func() rawResponse {
		return rawResponse{404, http.Header{"Content-Type": {"text/plain"}}, "404 page not found\n"}
	}), by: "after-delete", rule: RuleCaseAddress, bare: true},
	{name: "500 after the deletion", mutate: notFoundAs(func() rawResponse { return refuse(500, "INTERNAL_ERROR", "m") }), by: "after-delete", rule: RuleCaseStatus, bare: true},
	{name: "all customers of the account erased", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		res := erase(ref, account, id)
		ref.mu.Lock()
		defer ref.mu.Unlock()
		if res.status == 202 {
			for other := range ref.customers[account] {
				ref.customers[account][other] = false
			}
		}
		return res
	}), by: "after-delete", rule: RuleCaseErased, bare: true},
}

// allReadMutants returns the mutants of an operation.
func allReadMutants(operation string) []readMutant {
	for _, rt := range readTests {
		if rt.operation == operation {
			return slices.Concat(readMutants, rt.mutants)
		}
	}
	return nil
}

func TestReadMutants(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, rt := range readTests {
		for _, m := range allReadMutants(rt.operation) {
			name := m.name + "/" + rt.operation
			if names[name] {
				t.Errorf("two mutants are named %q", name)
			}
			names[name] = true
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ref := newReadingReference()
				ref.wrongRead = rt.operation
				m.mutate(ref)
				target := ref.target()
				target.Strict, target.Operations = !m.bare, allOperations()
				by := rt.operation + "-" + m.by
				report := mustRun(t, target, only(by), WithoutCustomers(), withFastClock())
				if report.OK() {
					t.Error("the run found nothing wrong")
				}
				wantViolation(t, report, by, m.rule)
			})
		}
	}
}

// TestEveryReadHasATest fails for an operation without a test file in this package.
func TestEveryReadHasATest(t *testing.T) {
	t.Parallel()
	for _, op := range readOperations {
		if !slices.ContainsFunc(readTests, func(rt readTest) bool { return rt.operation == op.id }) {
			t.Errorf("operation %s has no readTest: add it in a test file of its own", op.id)
		}
	}
}

var errForbidden = refuse(403, codeOtherAccount, "These keys give no access to this account.")

func text(status int, body string) rawResponse {
	return rawResponse{status, http.Header{"Content-Type": {"application/json"}}, body}
}

// changeGET changes the responses to reads.
func changeGET(f func(r *http.Request, res *rawResponse)) mutation {
	return func(ref *reference) {
		ref.after = func(ref *reference, r *http.Request, res *rawResponse) {
			if r.Method == http.MethodGet && readTestAt(r).operation == ref.wrongRead {
				f(r, res)
			}
		}
	}
}

// checkLength replaces the limit of the parameter.
func checkLength(limit func(documented int) int) mutation {
	return func(ref *reference) {
		ref.reads.check = func(rt readTest, value string) (rawResponse, bool) {
			return refuse(400, codeInvalidParam, rt.parameter+" is too long"), utf8.RuneCountInString(value) <= limit(rt.limit)
		}
	}
}

// showLast shows the customer that the request before has found.
func showLast(ref *reference) {
	var mu sync.Mutex
	var last map[string]any
	show := ref.reads.show
	ref.reads.show = func(object map[string]any) rawResponse {
		mu.Lock()
		defer mu.Unlock()
		shown := last
		if last = object; shown == nil {
			shown = object
		}
		return show(shown)
	}
}

// shareBuffer shows to all requests of a crowd what the last of them has found. The case
// sends four requests in turn, and then a crowd of sixteen.
func shareBuffer(ref *reference) {
	var mu sync.Mutex
	var buffer map[string]any
	shown, complete := 0, make(chan struct{})
	show := ref.reads.show
	ref.reads.show = func(object map[string]any) rawResponse {
		mu.Lock()
		shown++
		n := shown
		if buffer = object; n == 20 {
			close(complete)
		}
		mu.Unlock()
		if n <= 4 {
			return show(object)
		}
		<-complete
		return show(buffer)
	}
}
