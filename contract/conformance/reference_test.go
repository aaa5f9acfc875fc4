package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"
)

// result is an answer that mutants may still change.
type result struct {
	status int
	header http.Header
	body   string
}

func refuse(status int, code, message string) result {
	body, _ := json.Marshal(map[string]any{"code": code, "messages": []string{message}})
	return result{status, http.Header{"Content-Type": {"application/json"}}, string(body)}
}

// reference is a server, in memory and written by hand, that keeps all that Strict
// promises. Its fields are what mutants change.
type reference struct {
	mu        sync.Mutex
	customers map[string]map[string]bool // account code, id
	deletes   atomic.Int64

	route     func(r *http.Request) (id string, ok bool)
	methods   func(method string) bool
	keys      func(ref *reference, r *http.Request) (account string, ok bool)
	account   func(values []string) (result, bool)
	id        func(id string) bool
	body      func(r *http.Request) bool // whether there is one
	access    func(own, named string) bool
	erase     func(ref *reference, account, id string) result
	order     func(keys, parameters func() (result, bool)) (result, bool)
	early     func(ref *reference, r *http.Request)              // before any check
	after     func(ref *reference, r *http.Request, res *result) // the last look at an answer
	serve     func(next http.Handler) http.Handler               // around it all
	requestID func() string
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

var (
	first = Credentials{
		AccountCode:      "5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11",
		PublicAPIKey:     "sandbox_public-key-of-first",
		PrivateSecretKey: "private-Secret-key-of-first",
	}
	second = Credentials{
		AccountCode:      "9d1f8b64-2b1c-4c56-9a8e-6f1d2c3b4a55",
		PublicAPIKey:     "sandbox_public-key-of-second",
		PrivateSecretKey: "private-Secret-key-of-second",
	}
)

func newReference() *reference {
	var ids atomic.Int64
	return &reference{
		customers: map[string]map[string]bool{first.AccountCode: {}, second.AccountCode: {}},
		route: func(r *http.Request) (string, bool) {
			segment, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/customers/")
			id, err := url.PathUnescape(segment)
			ok = ok && err == nil && segment != "" && id != "." && id != ".." && !strings.Contains(segment, "/")
			return id, ok
		},
		methods: func(method string) bool { return method == http.MethodDelete },
		keys: func(_ *reference, r *http.Request) (string, bool) {
			public, secret := r.Header[publicHeader], r.Header[secretHeader]
			for _, c := range []Credentials{first, second} {
				if len(public) == 1 && len(secret) == 1 && public[0] == c.PublicAPIKey && secret[0] == c.PrivateSecretKey {
					return c.AccountCode, true
				}
			}
			return "", false
		},
		account: func(values []string) (result, bool) {
			switch {
			case len(values) == 0 || len(values) == 1 && values[0] == "":
				return refuse(400, codeMissingParam, "x-account-code is missing"), false
			case len(values) > 1 || !uuidForm.MatchString(values[0]):
				return refuse(400, codeInvalidAccount, "x-account-code is not one UUID"), false
			}
			return result{}, true
		},
		id: func(id string) bool { return utf8.ValidString(id) && utf8.RuneCountInString(id) <= 64 },
		body: func(r *http.Request) bool {
			n, _ := io.ReadFull(r.Body, make([]byte, 1))
			return n > 0
		},
		access: func(own, named string) bool { return own == named },
		erase: func(ref *reference, account, id string) result {
			ref.mu.Lock()
			defer ref.mu.Unlock()
			if !ref.customers[account][id] {
				return refuse(400, codeCustomerNotFound, "Customer not found.")
			}
			delete(ref.customers[account], id)
			ref.deletes.Add(1)
			return result{status: 202, header: http.Header{}}
		},
		order: func(keys, parameters func() (result, bool)) (result, bool) {
			if res, ok := keys(); !ok {
				return res, false
			}
			return parameters()
		},
		requestID: func() string { return strconv.FormatInt(ids.Add(1), 10) },
	}
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
	return Target{Handler: ref.handler(), Credentials: first, SecondAccount: second, NewCustomer: ref.newCustomer, Exists: ref.exists, Strict: true}
}

func (ref *reference) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if ref.early != nil {
		ref.early(ref, r)
	}
	res := ref.answer(r)
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

func (ref *reference) answer(r *http.Request) result {
	id, ok := ref.route(r)
	if !ok {
		return refuse(404, codeNotFound, "Not found.")
	}
	if !ref.methods(r.Method) {
		res := refuse(405, codeMethod, "Unsupported method.")
		res.header.Set("Allow", "DELETE")
		return res
	}
	var own string
	keys := func() (res result, ok bool) {
		if own, ok = ref.keys(ref, r); !ok {
			res = refuse(401, codeInvalidKeys, "Invalid credentials.")
		}
		return res, ok
	}
	parameters := func() (result, bool) {
		if res, ok := ref.account(r.Header[accountHeader]); !ok {
			return res, false
		}
		if !ref.id(id) {
			return refuse(400, codeInvalidParam, "customer_id is too long"), false
		}
		if ref.body(r) {
			return refuse(400, codeInvalidRequest, "The request must have no body."), false
		}
		return result{}, true
	}
	if res, ok := ref.order(keys, parameters); !ok {
		return res
	}
	named := r.Header.Get(accountHeader)
	if !ref.access(own, named) {
		return refuse(403, codeOtherAccount, "These keys give no access to this account.")
	}
	return ref.erase(ref, named, id)
}

// bare is a server that knows the vendored specification and nothing else: 202
// without a body, 400 with whatever its schema allows. net/http answers the rest.
type bare struct {
	mu        sync.Mutex
	customers map[string]bool
}

func newBare() *bare { return &bare{customers: map[string]bool{}} }

func (b *bare) newCustomer(context.Context) (string, error) {
	id := unknownID()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.customers[id] = true
	return id, nil
}

func (b *bare) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("DELETE /v1/customers/{customer_id}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(publicHeader) != first.PublicAPIKey || r.Header.Get(secretHeader) != first.PrivateSecretKey ||
			r.Header.Get(accountHeader) != first.AccountCode {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{}`)
			return
		}
		id := r.PathValue("customer_id")
		b.mu.Lock()
		defer b.mu.Unlock()
		if !b.customers[id] {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintln(w, `{"code":"NO_SUCH_CUSTOMER","messages":[],"more":{"Code":1e999}}`)
			return
		}
		delete(b.customers, id)
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// mustRun runs the suite and fails the test if it cannot.
func mustRun(t *testing.T, target Target, opts ...RunOption) Report {
	t.Helper()
	report, err := Run(t.Context(), target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// only runs one case of the suite.
func only(name string) RunOption {
	var others []string
	for _, c := range suite() {
		if c.name != name {
			others = append(others, c.name)
		}
	}
	return WithSkip(others...)
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
