package server_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// retrieving is an implementation that supports only RetrieveCustomer.
type retrieving struct {
	server.Unsupported
	retrieve func(context.Context, api.RetrieveCustomerRequestObject) (api.RetrieveCustomerResponseObject, error)
}

func (s retrieving) RetrieveCustomer(ctx context.Context, r api.RetrieveCustomerRequestObject) (api.RetrieveCustomerResponseObject, error) {
	return s.retrieve(ctx, r)
}

// mountRetrieving returns a handler whose implementation returns object.
func mountRetrieving(t *testing.T, object api.RetrieveCustomerResponseObject) http.Handler {
	t.Helper()
	return mountService(t, retrieving{retrieve: func(context.Context, api.RetrieveCustomerRequestObject) (api.RetrieveCustomerResponseObject, error) {
		return object, nil
	}})
}

func TestRetrieveCustomer(t *testing.T) {
	t.Parallel()
	var got api.RetrieveCustomerRequestObject
	var accounts []string
	h := mountService(t, retrieving{retrieve: func(ctx context.Context, r api.RetrieveCustomerRequestObject) (api.RetrieveCustomerResponseObject, error) {
		got, accounts = r, server.PrincipalOf(ctx).AccountCodes
		return api.RetrieveCustomer200JSONResponse{ID: customer, FirstName: "Ada"}, nil
	}})
	// No account is documented for the operation, so the keys decide.
	resp := do(h, request(http.MethodGet, path, without("X-Account-Code")))
	wantCustomer(t, resp, `"id":"`+customer+`"`, `"first_name":"Ada"`)
	if got.CustomerID != customer || !slices.Equal(accounts, []string{account}) {
		t.Errorf("the implementation received %+v of accounts %q", got, accounts)
	}
}

// wantCustomer expects a customer whose JSON contains each part.
func wantCustomer(t *testing.T, got response, parts ...string) {
	t.Helper()
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d of type %q: %s", got.status, got.header.Get("Content-Type"), got.body)
	}
	for _, part := range parts {
		if !strings.Contains(got.body, part) {
			t.Errorf("got %s, want it to contain %s", got.body, part)
		}
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Request-Id") == "" {
		t.Errorf("got header %v, want Cache-Control: no-store and X-Request-Id", got.header)
	}
}

func TestRetrieveCustomerResponses(t *testing.T) {
	t.Parallel()
	e := api.Error{Code: "C", Messages: []string{"m"}}
	for name, tt := range map[string]struct {
		object api.RetrieveCustomerResponseObject
		status int
		code   string
	}{
		"400":                          {api.RetrieveCustomer400JSONResponse(e), 400, "C"},
		"401":                          {api.RetrieveCustomer401JSONResponse(e), 401, "C"},
		"403":                          {api.RetrieveCustomer403JSONResponse(e), 403, "C"},
		"404":                          {api.RetrieveCustomer404JSONResponse(e), 404, "C"},
		"500":                          {api.RetrieveCustomer500JSONResponse(e), 500, "C"},
		"504":                          {api.RetrieveCustomer504JSONResponse(e), 504, "C"},
		"custom 429":                   {custom{status: 429, body: errorJSON}, 429, "C"},
		"202":                          {custom{status: 202}, 500, "INTERNAL_ERROR"},
		"200 without a body":           {custom{status: 200}, 500, "INTERNAL_ERROR"},
		"200 with null":                {custom{status: 200, body: "null"}, 500, "INTERNAL_ERROR"},
		"200 with a list":              {custom{status: 200, body: "[]"}, 500, "INTERNAL_ERROR"},
		"200 with a number as id":      {custom{status: 200, body: `{"id":1}`}, 500, "INTERNAL_ERROR"},
		"200 with text":                {custom{status: 200, body: "no"}, 500, "INTERNAL_ERROR"},
		"200 over 64 KiB":              {custom{status: 200, body: `{"id":"` + strings.Repeat("x", 64<<10) + `"}`}, 500, "INTERNAL_ERROR"},
		"200 over 64 KiB when escaped": {custom{status: 200, body: `{"id":"` + strings.Repeat("<", 63<<10) + `"}`}, 500, "INTERNAL_ERROR"},
		"nil":                          {nil, 500, "INTERNAL_ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mountRetrieving(t, tt.object), request(http.MethodGet, path, nil))
			got.want(t, tt.status, tt.code)
			if got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("got header %v, want Cache-Control: no-store", got.header)
			}
		})
	}
}

// TestRetrieveCustomerIsRendered covers types of an implementation's own. What they send
// beyond api.Customer is left out, as are null and empty values.
func TestRetrieveCustomerIsRendered(t *testing.T) {
	t.Parallel()
	const empty = `"billing_address":{},"document":{},`
	for name, tt := range map[string]struct{ sent, want string }{
		"nothing":      {`{}`, `{"billing_address":{},"document":{},"phone":{},"shipping_address":{}}`},
		"undocumented": {`{"id":"c1","password":"hunter2"}`, `{` + empty + `"id":"c1","phone":{},"shipping_address":{}}`},
		"null":         {`{"id":"c1","email":null,"phone":null}`, `{` + empty + `"id":"c1","phone":{},"shipping_address":{}}`},
		"empty":        {`{"id":"c1","email":"","metadata":[]}`, `{` + empty + `"id":"c1","phone":{},"shipping_address":{}}`},
		"undocumented inside": {
			`{"phone":{"number":"1","pin":"2"},"metadata":[{"key":"k","value":null,"by":"x"}]}`,
			`{` + empty + `"metadata":[{"key":"k"}],"phone":{"number":"1"},"shipping_address":{}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := do(mountRetrieving(t, custom{status: 200, body: tt.sent}), request(http.MethodGet, path, nil))
			wantCustomer(t, resp)
			if resp.body != tt.want || resp.header.Get("Set-Cookie") != "" {
				t.Errorf("got header %v and\n%s, want\n%s", resp.header, resp.body, tt.want)
			}
		})
	}
}

func TestRetrieveCustomerChecks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path   string
		edit   func(*http.Request)
		status int
		code   string
	}{
		"keys before id": {"/v1/customers/a%2Fb", without("Public-Api-Key"), 401, "INVALID_CREDENTIALS"},
		"id":             {"/v1/customers/a%2Fb", nil, 400, "INVALID_PARAMETERS"},
		"id before body": {"/v1/customers/a%2Fb", withBody("x", 1), 400, "INVALID_PARAMETERS"},
		"body":           {path, withBody("x", 1), 400, "INVALID_REQUEST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do(mountRetrieving(t, nil), request(http.MethodGet, tt.path, tt.edit)).want(t, tt.status, tt.code)
		})
	}
}

func (c custom) VisitRetrieveCustomerResponse(w http.ResponseWriter) error {
	return c.VisitDeleteCustomerResponse(w)
}

// TestRetrieveCustomerShape fails when an update of the specification adds a parameter
// that is not checked.
func TestRetrieveCustomerShape(t *testing.T) {
	t.Parallel()
	if got := reflect.TypeFor[api.RetrieveCustomerRequestObject]().NumField(); got != 1 {
		t.Errorf("the request has %d parts, want 1: the id", got)
	}
}
