package server_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
)

// gap is a request to which the generated server responds in another way than the
// package documents.
type gap struct {
	name   string
	impl   implFunc
	method string
	path   string
	edit   func(*http.Request)
	status int
	code   string
}

// dsn is the kind of text that an implementation's error may contain.
const dsn = "postgres://admin:hunter2@db/customers"

// gaps returns the gaps with the response that the package documents.
func gaps() []gap {
	return []gap{
		{name: "MissingKeysAreAccepted", edit: without("Public-Api-Key", "Private-Secret-Key"), status: 401, code: "INVALID_CREDENTIALS"},
		{name: "MissingAccountIsText", edit: without("X-Account-Code"), status: 400, code: "MISSING_PARAMETERS"},
		{name: "EmptyAccountIsAccepted", edit: with("X-Account-Code", ""), status: 400, code: "MISSING_PARAMETERS"},
		{name: "RepeatedAccountIsText", edit: with("X-Account-Code", account, account), status: 400, code: "INVALID_PARAMETERS"},
		{name: "AnyAccountIsAccepted", edit: with("X-Account-Code", "1"), status: 400, code: "INVALID_ACCOUNT_ID"},
		{name: "LongIDIsAccepted", path: "/v1/customers/" + strings.Repeat("x", 65), status: 400, code: "INVALID_PARAMETERS"},
		{name: "SlashInIDIsAccepted", path: "/v1/customers/..%2Fpayments", status: 400, code: "INVALID_PARAMETERS"},
		{name: "BodyIsAccepted", edit: withBody("x", 1), status: 400, code: "INVALID_REQUEST"},
		{name: "ErrorLeaks", impl: returning(nil, errors.New(dsn)), status: 500, code: "INTERNAL_ERROR"},
		{name: "NilNilIs200", impl: returning(nil, nil), status: 500, code: "INTERNAL_ERROR"},
		{name: "PanicIsNoResponse", impl: panicking("boom"), status: 500, code: "INTERNAL_ERROR"},
		{name: "EmptyErrorIsSent", impl: returning(api.DeleteCustomer400JSONResponse{}, nil), status: 500, code: "INTERNAL_ERROR"},
		{name: "DotSegmentsRedirect", path: "/v1/customers/x/../" + customer, status: 404, code: "NOT_FOUND"},
		{name: "DoubleSlashRedirects", path: "/v1//customers/" + customer, status: 404, code: "NOT_FOUND"},
		{name: "EncodedDotsAreAnID", path: "/v1/customers/%2e%2e", status: 404, code: "NOT_FOUND"},
		{name: "UnknownPathIsText", path: "/v1/payments", status: 404, code: "NOT_FOUND"},
		{name: "OtherMethodIsText", method: http.MethodPost, status: 405, code: "UNSUPPORTED_METHOD"},
	}
}

// TestClosesGapsOfGeneratedServer sends each request to the generated server and to
// ours. A row fails if the generated server already responds as wanted, so the list
// stays true when the generator changes.
func TestClosesGapsOfGeneratedServer(t *testing.T) {
	t.Parallel()
	for _, tt := range gaps() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			impl := tt.impl
			if impl == nil {
				impl = accepting
			}
			method, path := cmp.Or(tt.method, http.MethodDelete), cmp.Or(tt.path, path)
			got := doSafely(generated(service{deleteCustomer: impl}), request(method, path, tt.edit))
			if got.status == tt.status && got.code() == tt.code {
				t.Errorf("the generated server already responds with %d %s", got.status, got.body)
			}
			got = do(mount(t, impl), request(method, path, tt.edit))
			got.want(t, tt.status, tt.code)
			if strings.Contains(got.body, "hunter2") {
				t.Errorf("the response contains the cause: %s", got.body)
			}
		})
	}
}

// TestErrorHasTwoFields fails when an update of the specification adds a field to the
// error body that this package does not send.
func TestErrorHasTwoFields(t *testing.T) {
	t.Parallel()
	if got := reflect.TypeFor[api.Error]().NumField(); got != 2 {
		t.Errorf("the error body has %d fields, and package server sends 2", got)
	}
}

// generated returns the generated server, without any of our options.
func generated(impl api.StrictServerInterface) http.Handler {
	return api.HandlerWithOptions(api.NewStrictHandler(impl, nil), api.StdHTTPServerOptions{BaseURL: "/v1"})
}

// doSafely returns an empty response if the handler panics, where net/http would drop
// the connection.
func doSafely(h http.Handler, r *http.Request) (got response) {
	defer func() {
		if recover() != nil {
			got = response{header: http.Header{}}
		}
	}()
	return do(h, r)
}

func without(names ...string) func(*http.Request) {
	return func(r *http.Request) {
		for _, name := range names {
			r.Header.Del(name)
		}
	}
}

func with(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func withBody(body string, length int64) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)).Body
		r.ContentLength = length
	}
}

func panicking(value any) implFunc {
	return func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		panic(value)
	}
}
