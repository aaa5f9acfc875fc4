package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/server"
)

const (
	deleteOperation = "DELETE /customers/{customer_id}"
	readOperation   = "GET /customers/{customer_id}"
)

// TestWithOperations expects a 405 from operations that are not served, with and without
// keys, and whatever the parameters.
func TestWithOperations(t *testing.T) {
	t.Parallel()
	onlyDelete, onlyRead := []string{deleteOperation}, []string{readOperation}
	for name, tt := range map[string]struct {
		served       []string
		method, path string
		status       int
		code, allow  string
	}{
		"served":                   {onlyDelete, http.MethodDelete, path, 202, "", ""},
		"another method of a path": {onlyDelete, http.MethodGet, path, 405, "UNSUPPORTED_METHOD", "DELETE"},
		"delete":                   {onlyRead, http.MethodDelete, path, 405, "UNSUPPORTED_METHOD", "GET"},
		"invalid id":               {onlyDelete, http.MethodGet, "/v1/customers/a%2Fb", 405, "UNSUPPORTED_METHOD", "DELETE"},
		"no operation of the path": {onlyDelete, http.MethodGet, "/v1/customers?merchant_customer_id=1", 405, "UNSUPPORTED_METHOD", ""},
		"a method of no operation": {onlyDelete, http.MethodPost, path, 405, "UNSUPPORTED_METHOD", "DELETE"},
		"all, but not implemented": {nil, http.MethodGet, path, 405, "UNSUPPORTED_METHOD", "DELETE"},
		"two, one not implemented": {[]string{deleteOperation, readOperation}, http.MethodGet, path, 405, "UNSUPPORTED_METHOD", "DELETE"},
		"another path":             {onlyDelete, http.MethodGet, path + "/x", 404, "NOT_FOUND", ""},
		"collection":               {onlyDelete, http.MethodDelete, "/v1/customers", 405, "UNSUPPORTED_METHOD", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opts []server.Option
			if tt.served != nil {
				opts = append(opts, server.WithOperations(tt.served...))
			}
			h := mount(t, accepting, opts...)
			got := do(h, request(tt.method, tt.path, nil))
			got.want(t, tt.status, tt.code)
			allow, sent := got.header["Allow"]
			if sent != (tt.status == 405) || strings.Join(allow, "") != tt.allow {
				t.Errorf("got Allow %q, want %q", allow, tt.allow)
			}
			status, code := tt.status, tt.code
			if tt.served == nil || len(tt.served) > 1 || status == 202 {
				status, code = 401, "INVALID_CREDENTIALS"
			}
			do(h, request(tt.method, tt.path, without("Public-Api-Key"))).want(t, status, code)
		})
	}
}

func TestWithOperationsBelowAnotherPath(t *testing.T) {
	t.Parallel()
	h := mount(t, accepting, server.WithOperations(deleteOperation), server.WithBasePath("/api/v2"))
	do(h, request(http.MethodDelete, strings.Replace(path, "/v1", "/api/v2", 1), nil)).want(t, 202, "")
}

func TestWithOperationsRejects(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		names []string
		want  string
	}{
		"None":      {nil, "name at least one"},
		"Method":    {[]string{deleteOperation, "POST /customers"}, `no operation is "POST /customers"`},
		"Path":      {[]string{"DELETE /v1/customers/{customer_id}"}, `use one of DELETE /customers/{customer_id}, `},
		"Operation": {[]string{"delete-customer"}, `no operation is "delete-customer"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := server.New(server.Unsupported{}, twoKeys(t), server.WithOperations(tt.names...))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %s", err, tt.want)
			}
		})
	}
}
