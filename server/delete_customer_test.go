package server_test

import (
	"reflect"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
)

// TestDeleteCustomerShape fails when an update of the specification adds a parameter
// that is not checked.
func TestDeleteCustomerShape(t *testing.T) {
	t.Parallel()
	if got := reflect.TypeFor[api.DeleteCustomerParams]().NumField(); got != 1 {
		t.Errorf("the operation has %d header or query parameters, want 1: the account", got)
	}
	if got := reflect.TypeFor[api.DeleteCustomerRequestObject]().NumField(); got != 2 {
		t.Errorf("the request has %d parts, want 2: the id and the other parameters", got)
	}
}
