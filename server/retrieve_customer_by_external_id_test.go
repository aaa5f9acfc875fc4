package server_test

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// searching is an implementation that supports only RetrieveCustomerByExternalID.
type searching struct {
	server.Unsupported
	retrieve func(context.Context, api.RetrieveCustomerByExternalIDRequestObject) (api.RetrieveCustomerByExternalIDResponseObject, error)
}

func (s searching) RetrieveCustomerByExternalID(ctx context.Context, r api.RetrieveCustomerByExternalIDRequestObject) (api.RetrieveCustomerByExternalIDResponseObject, error) {
	return s.retrieve(ctx, r)
}

// search returns the response to a query. The implementation returns object and stores
// the id that it receives in got.
func search(t *testing.T, query string, object api.RetrieveCustomerByExternalIDResponseObject, got *string) response {
	t.Helper()
	h := mountService(t, searching{retrieve: func(ctx context.Context, r api.RetrieveCustomerByExternalIDRequestObject) (api.RetrieveCustomerByExternalIDResponseObject, error) {
		*got = r.Params.MerchantCustomerID
		if accounts := server.PrincipalOf(ctx).AccountCodes; !slices.Equal(accounts, []string{account}) {
			t.Errorf("got accounts %q, want %q", accounts, account)
		}
		return object, nil
	}})
	return do(h, request(http.MethodGet, "/v1/customers"+query, without("X-Account-Code")))
}

func TestRetrieveCustomerByExternalID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"m1", "a,b", "a/b c", "é", strings.Repeat("é", 255), "%2F"} {
		var got string
		resp := search(t, "?merchant_customer_id="+url.QueryEscape(id), api.RetrieveCustomerByExternalID200JSONResponse{ID: customer}, &got)
		wantCustomer(t, resp, `"id":"`+customer+`"`)
		if got != id {
			t.Errorf("the implementation received %q, want %q", got, id)
		}
	}
}

func TestRetrieveCustomerByExternalIDChecks(t *testing.T) {
	t.Parallel()
	for query, code := range map[string]string{
		"":                       "MISSING_PARAMETERS",
		"?other=m1":              "MISSING_PARAMETERS",
		"?merchant_customer_id=": "MISSING_PARAMETERS",
		"?merchant_customer_id=m1&merchant_customer_id=m1":  "INVALID_PARAMETERS",
		"?merchant_customer_id=&merchant_customer_id=m1":    "INVALID_PARAMETERS",
		"?merchant_customer_id=" + strings.Repeat("x", 256): "INVALID_PARAMETERS",
		"?merchant_customer_id=%FF":                         "INVALID_PARAMETERS",
		"?merchant_customer_id=a%0Ab":                       "INVALID_PARAMETERS",
	} {
		var got string
		resp := search(t, query, nil, &got)
		resp.want(t, http.StatusBadRequest, code)
		if got != "" || !strings.Contains(resp.body, "merchant_customer_id") {
			t.Errorf("%q: the implementation received %q, the client %s", query, got, resp.body)
		}
	}
}

func TestRetrieveCustomerByExternalIDResponses(t *testing.T) {
	t.Parallel()
	e := api.Error{Code: "C", Messages: []string{"m"}}
	for status, object := range map[int]api.RetrieveCustomerByExternalIDResponseObject{
		400: api.RetrieveCustomerByExternalID400JSONResponse(e),
		401: api.RetrieveCustomerByExternalID401JSONResponse(e),
		403: api.RetrieveCustomerByExternalID403JSONResponse(e),
		404: api.RetrieveCustomerByExternalID404JSONResponse(e),
		500: api.RetrieveCustomerByExternalID500JSONResponse(e),
		504: api.RetrieveCustomerByExternalID504JSONResponse(e),
	} {
		var got string
		search(t, "?merchant_customer_id=m1", object, &got).want(t, status, "C")
	}
}

// The path has no other operation, so Allow is empty if the implementation lacks this one.
func TestRetrieveCustomerByExternalIDUnsupported(t *testing.T) {
	t.Parallel()
	h := mountService(t, server.Unsupported{})
	for method, allow := range map[string]string{http.MethodGet: "", http.MethodDelete: "GET"} {
		got := do(h, request(method, "/v1/customers?merchant_customer_id=m1", nil))
		got.want(t, http.StatusMethodNotAllowed, "UNSUPPORTED_METHOD")
		if !slices.Equal(got.header["Allow"], []string{allow}) {
			t.Errorf("%s: got Allow %q, want %q", method, got.header["Allow"], allow)
		}
	}
}

// TestRetrieveCustomerByExternalIDShape fails when an update of the specification adds a
// parameter that is not checked.
func TestRetrieveCustomerByExternalIDShape(t *testing.T) {
	t.Parallel()
	if got := reflect.TypeFor[api.RetrieveCustomerByExternalIDParams]().NumField(); got != 1 {
		t.Errorf("the operation has %d header or query parameters, want 1: the merchant's id", got)
	}
}
