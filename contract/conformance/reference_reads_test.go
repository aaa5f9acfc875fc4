package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// reads is what the reference does for GET. Mutants replace its functions.
type reads struct {
	keys    keysFunc
	find    findFunc
	show    func(object map[string]any) rawResponse
	missing func() rawResponse
	check   func(rt readTest, value string) (refusal rawResponse, ok bool)
	values  func(rt readTest, values []string) (refusal rawResponse, value string, ok bool)
	erased  func(object map[string]any) map[string]any // what is left of an erased customer; nil for nothing
	methods func(method string) bool
	body    func(r *http.Request) bool
}

// A findFunc returns the customer of an account whose property has a value.
type findFunc func(ref *reference, account, property, value string) (object map[string]any, ok bool)

// newReadingReference returns a correct strict server for all operations.
func newReadingReference() *reference {
	ref := newReference()
	ref.reads = newReads()
	return ref
}

func newReads() *reads {
	return &reads{
		keys: findKeys,
		find: findCustomer,
		show: func(object map[string]any) rawResponse {
			body, _ := json.Marshal(object)
			return rawResponse{200, http.Header{"Content-Type": {"application/json"}}, string(body)}
		},
		missing: func() rawResponse { return refuse(400, codeCustomerNotFound, "Customer not found.") },
		check:   checkValue,
		values:  singleValue,
		erased:  func(map[string]any) map[string]any { return nil },
		methods: func(method string) bool { return method == http.MethodGet },
		body:    hasBody,
	}
}

// person returns a customer's made-up data, which follows from the id.
func person(id string) map[string]any {
	seed := id
	if len(id) < 10 {
		seed = "person-named-" + id
	}
	return map[string]any{
		"id": id, "merchant_customer_id": "Merchant-" + seed[9:], "first_name": "Ada", "last_name": nil, "gender": "F", "country": "GB",
		"email": "ada." + seed[:8] + "@example.com", "phone": map[string]any{"country_code": "44", "number": "555" + seed[len(seed)-6:]},
		"metadata":   []any{map[string]any{"key": "plan", "value": "gold-" + seed[:4]}},
		"created_at": "2026-01-01T00:00:00Z",
	}
}

func findCustomer(ref *reference, account, property, value string) (map[string]any, bool) {
	ref.mu.Lock()
	defer ref.mu.Unlock()
	for id, exists := range ref.customers[account] {
		object := person(id)
		if !exists {
			object = ref.reads.erased(object)
		}
		if object != nil && object[property] == value {
			return object, true
		}
	}
	return nil, false
}

// A readTest is what the reference and its mutants know about an operation. Each is in the
// test file of the operation.
type readTest struct {
	operation string // operationId
	property  string // of the customer that the parameter names
	parameter string
	limit     int // most characters
	matches   func(r *http.Request) bool
	allow     string // the methods of the path
	values    func(r *http.Request) []string
	mutants   []readMutant // that only this operation can be
}

var readTests []readTest

func addReadTest(rt readTest) readTest {
	readTests = append(readTests, rt)
	return rt
}

// readTestAt returns the operation of a path, or the zero readTest.
func readTestAt(r *http.Request) readTest {
	for _, rt := range readTests {
		if rt.matches(r) {
			return rt
		}
	}
	return readTest{}
}

func checkValue(rt readTest, value string) (rawResponse, bool) {
	switch {
	case value == "":
		return refuse(400, codeMissingParam, rt.parameter+" is missing"), false
	case !utf8.ValidString(value) || utf8.RuneCountInString(value) > rt.limit:
		return refuse(400, codeInvalidParam, rt.parameter+" is not valid"), false
	}
	return rawResponse{}, true
}

// singleValue returns the value of the parameter, of which there is one at most.
func singleValue(rt readTest, values []string) (rawResponse, string, bool) {
	if len(values) > 1 {
		return refuse(400, codeInvalidParam, rt.parameter+" must be sent once"), "", false
	}
	return rawResponse{}, strings.Join(values, ""), true
}

// respondToRead returns the response to a read, and whether the request is one.
func (ref *reference) respondToRead(r *http.Request) (rawResponse, bool) {
	rt := readTestAt(r)
	reads := ref.reads
	if ref.wrongRead != "" && rt.operation != ref.wrongRead {
		reads = newReads()
	}
	switch {
	case rt.operation == "", !reads.methods(r.Method) && strings.Contains(rt.allow, r.Method):
		return rawResponse{}, false
	case !reads.methods(r.Method):
		res := refuse(405, codeMethod, "Unsupported method.")
		res.header.Set("Allow", rt.allow)
		return res, true
	}
	account, ok := reads.keys(ref, r)
	if !ok {
		return refuse(401, codeInvalidKeys, "Invalid credentials."), true
	}
	refusal, value, ok := reads.values(rt, rt.values(r))
	if ok {
		refusal, ok = reads.check(rt, value)
	}
	if !ok {
		return refusal, true
	}
	if reads.body(r) {
		return refuse(400, codeInvalidRequest, "The request must have no body."), true
	}
	if object, ok := reads.find(ref, account, rt.property, value); ok {
		return reads.show(object), true
	}
	return reads.missing(), true
}

// The mutations below change the reads of the reference.

func changeFind(f func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool)) mutation {
	return func(ref *reference) {
		find := ref.reads.find
		ref.reads.find = func(ref *reference, account, property, value string) (map[string]any, bool) {
			return f(ref, find, account, property, value)
		}
	}
}

// changeValue finds the customer with another value than the one asked for.
func changeValue(f func(value string) string) mutation {
	return changeFind(func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool) {
		return find(ref, account, property, f(value))
	})
}

// compare finds the customer by another comparison.
func compare(equal func(stored, asked string) bool) mutation {
	return changeFind(func(ref *reference, _ findFunc, account, property, value string) (map[string]any, bool) {
		ref.mu.Lock()
		defer ref.mu.Unlock()
		for id, exists := range ref.customers[account] {
			if object := person(id); exists && equal(object[property].(string), value) {
				return object, true
			}
		}
		return nil, false
	})
}

func changeShown(f func(object map[string]any) rawResponse) mutation {
	return func(ref *reference) {
		show := ref.reads.show
		ref.reads.show = func(object map[string]any) rawResponse {
			if res := f(object); res.status != 0 {
				return res
			}
			return show(object)
		}
	}
}

// showInstead changes the object before it is shown.
func showInstead(f func(object map[string]any)) mutation {
	return changeShown(func(object map[string]any) rawResponse { f(object); return rawResponse{} })
}

func notFoundAs(res func() rawResponse) mutation {
	return func(ref *reference) { ref.reads.missing = res }
}

// acceptReadKeys also accepts keys for which f returns true, as those of the first account.
func acceptReadKeys(f func(public, secret []string) bool) mutation {
	return func(ref *reference) {
		ref.reads.keys = func(ref *reference, r *http.Request) (string, bool) {
			if account, ok := findKeys(ref, r); ok {
				return account, true
			}
			return first.AccountCode, f(r.Header[publicHeader], r.Header[secretHeader])
		}
	}
}

// leave keeps an erased customer as f returns it.
func leave(f func(object map[string]any) map[string]any) mutation {
	return func(ref *reference) { ref.reads.erased = f }
}

func without(object map[string]any, names ...string) map[string]any {
	for _, name := range names {
		delete(object, name)
	}
	return object
}

func anonymous(object map[string]any) map[string]any {
	return map[string]any{"id": object["id"], "merchant_customer_id": object["merchant_customer_id"], "created_at": object["created_at"], "country": object["country"]}
}

func queryOf(r *http.Request, name string) string {
	values, _ := url.ParseQuery(r.URL.RawQuery)
	return values.Get(name)
}
