package conformance

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// rawResponse is a response that a mutant may still change.
type rawResponse struct {
	status int
	header http.Header
	body   string
}

func refuse(status int, code, message string) rawResponse {
	body, _ := json.Marshal(map[string]any{"code": code, "messages": []string{message}})
	return rawResponse{status, http.Header{"Content-Type": {"application/json"}}, string(body)}
}

// reference is a correct strict server in memory, written without the code that it tests.
// Mutants replace its functions.
type reference struct {
	mu        sync.Mutex
	customers map[string]map[string]bool // by account code and id
	deletes   atomic.Int64
	requests  atomic.Int64

	route     func(r *http.Request) (id string, ok bool)
	methods   func(method string) bool
	keys      func(ref *reference, r *http.Request) (account string, ok bool)
	account   func(values []string) (refusal rawResponse, ok bool)
	id        func(id string) bool
	body      func(r *http.Request) bool // reports whether the request has a body
	access    func(own, named string) bool
	erase     func(ref *reference, account, id string) rawResponse
	order     func(keys, parameters check) (refusal rawResponse, ok bool)
	early     func(ref *reference, r *http.Request)                   // runs before every check; may be nil
	after     func(ref *reference, r *http.Request, res *rawResponse) // changes the response; may be nil
	serve     func(next http.Handler) http.Handler                    // wraps the server; may be nil
	requestID func() string
	reads     *reads // nil if it serves the deletion only
	wrongRead string // the only operation that uses reads; the others are correct
}

type check func() (refusal rawResponse, ok bool)

func newReference() *reference {
	ref := &reference{
		customers: map[string]map[string]bool{first.AccountCode: {}, second.AccountCode: {}},
		route:     routeCustomer,
		methods:   func(method string) bool { return method == http.MethodDelete },
		keys:      findKeys,
		account:   checkAccount,
		id:        func(id string) bool { return utf8.ValidString(id) && utf8.RuneCountInString(id) <= 64 },
		body:      hasBody,
		access:    func(own, named string) bool { return own == named },
		erase:     eraseCustomer,
		order:     keysFirst,
	}
	ref.requestID = func() string { return strconv.FormatInt(ref.requests.Add(1), 10) }
	return ref
}

func routeCustomer(r *http.Request) (string, bool) {
	segment, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/customers/")
	id, err := url.PathUnescape(segment)
	ok = ok && err == nil && segment != "" && id != "." && id != ".." && !strings.Contains(segment, "/")
	return id, ok
}

func findKeys(_ *reference, r *http.Request) (string, bool) {
	public, secret := r.Header[publicHeader], r.Header[secretHeader]
	for _, c := range []Credentials{first, second} {
		if len(public) == 1 && len(secret) == 1 && public[0] == c.PublicAPIKey && secret[0] == c.PrivateSecretKey {
			return c.AccountCode, true
		}
	}
	return "", false
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func checkAccount(values []string) (rawResponse, bool) {
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return refuse(400, codeMissingParam, "x-account-code is missing"), false
	case len(values) > 1 || !uuidForm.MatchString(values[0]):
		return refuse(400, codeInvalidAccount, "x-account-code is not one UUID"), false
	}
	return rawResponse{}, true
}

func hasBody(r *http.Request) bool {
	n, _ := io.ReadFull(r.Body, make([]byte, 1))
	return n > 0
}

func eraseCustomer(ref *reference, account, id string) rawResponse {
	ref.mu.Lock()
	defer ref.mu.Unlock()
	if !ref.customers[account][id] {
		return refuse(400, codeCustomerNotFound, "Customer not found.")
	}
	ref.customers[account][id] = false
	ref.deletes.Add(1)
	return rawResponse{status: 202, header: http.Header{}}
}

func keysFirst(keys, parameters check) (rawResponse, bool) {
	if res, ok := keys(); !ok {
		return res, false
	}
	return parameters()
}

func (ref *reference) newCustomer(context.Context) (string, error) {
	id := unknownID()
	ref.mu.Lock()
	defer ref.mu.Unlock()
	ref.customers[first.AccountCode][id] = true
	return id, nil
}

func (ref *reference) exists(_ context.Context, id string) (bool, error) {
	ref.mu.Lock()
	defer ref.mu.Unlock()
	return ref.customers[first.AccountCode][id], nil
}

func (ref *reference) handler() http.Handler {
	var h http.Handler = ref
	if ref.serve != nil {
		h = ref.serve(h)
	}
	return h
}

func (ref *reference) target() Target {
	operations := []string{operationID}
	if ref.reads != nil {
		operations = nil // found by probes
	}
	return Target{
		Handler: ref.handler(), Strict: true, Operations: operations,
		Credentials: first, SecondAccount: second, NewCustomer: ref.newCustomer, Exists: ref.exists,
	}
}

func (ref *reference) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if ref.early != nil {
		ref.early(ref, r)
	}
	res := ref.respondOrRefuse(r)
	res.header.Set("X-Request-Id", ref.requestID())
	if ref.after != nil {
		ref.after(ref, r, &res)
	}
	for name, values := range res.header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.status)
	_, _ = io.WriteString(w, res.body)
}

// respondOrRefuse returns what a mutant panics with, or the response.
func (ref *reference) respondOrRefuse(r *http.Request) (res rawResponse) {
	defer func() {
		switch refusal := recover().(type) {
		case nil:
		case rawResponse:
			res = rawResponse{refusal.status, refusal.header.Clone(), refusal.body}
		default:
			panic(refusal)
		}
	}()
	return ref.respond(r)
}

func (ref *reference) respond(r *http.Request) rawResponse {
	if ref.reads != nil {
		if res, ok := ref.respondToRead(r); ok {
			return res
		}
	}
	id, ok := ref.route(r)
	if !ok {
		return refuse(404, codeNotFound, "Not found.")
	}
	if !ref.methods(r.Method) {
		res := refuse(405, codeMethod, "Unsupported method.")
		res.header.Set("Allow", "DELETE")
		if ref.reads != nil {
			res.header.Set("Allow", "DELETE, GET")
		}
		return res
	}
	var own string
	keys := func() (refusal rawResponse, ok bool) {
		if own, ok = ref.keys(ref, r); !ok {
			refusal = refuse(401, codeInvalidKeys, "Invalid credentials.")
		}
		return refusal, ok
	}
	parameters := func() (rawResponse, bool) { return ref.checkParameters(r, id) }
	if refusal, ok := ref.order(keys, parameters); !ok {
		return refusal
	}
	named := r.Header.Get(accountHeader)
	if !ref.access(own, named) {
		return refuse(403, codeOtherAccount, "These keys give no access to this account.")
	}
	return ref.erase(ref, named, id)
}

func (ref *reference) checkParameters(r *http.Request, id string) (rawResponse, bool) {
	if refusal, ok := ref.account(r.Header[accountHeader]); !ok {
		return refusal, false
	}
	if !ref.id(id) {
		return refuse(400, codeInvalidParam, "customer_id is too long"), false
	}
	if ref.body(r) {
		return refuse(400, codeInvalidRequest, "The request must have no body."), false
	}
	return rawResponse{}, true
}
