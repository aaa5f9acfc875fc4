package sandbox

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/openapi"
)

// TestEveryOperationIsRegistered fails for an operation without a file in this package.
func TestEveryOperationIsRegistered(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(openapi.Overlaid(), &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	for path, methods := range doc.Paths {
		for method, documented := range methods {
			n++
			if !slices.ContainsFunc(operations, func(op operation) bool {
				return op.id == documented.OperationID && op.path == path && op.method == strings.ToUpper(method)
			}) {
				t.Errorf("operation %s, %s %s, is not registered: add a file with its operation and the method of store", documented.OperationID, method, path)
			}
		}
	}
	if len(operations) != n {
		t.Errorf("%d operations are registered, and %d are documented", len(operations), n)
	}
}

func TestOperationOf(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]string{
		"DELETE /v1/customers/c1":                     "delete-customer",
		"GET /v1/customers/c1?x=1":                    "retrieve-customer",
		"GET /v1/customers/a%2Fb":                     "retrieve-customer",
		"GET /v1/customers":                           "retrieve-customer-by-external-id",
		"GET /v1/customers?merchant_customer_id=a%26": "retrieve-customer-by-external-id",
		"HEAD /v1/customers/c1":                       "",
		"DELETE /v1/customers":                        "",
		"GET /v1/customers/":                          "",
		"GET /v1/customers/c1/":                       "",
		"GET /v1//customers":                          "",
		"GET /customers/c1":                           "",
	} {
		method, target, _ := strings.Cut(request, " ")
		if got := operationOf(httptest.NewRequest(method, target, nil)).id; got != want {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
}
