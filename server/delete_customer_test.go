package server_test

import (
	"reflect"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
)

// TestDeleteCustomerShape fails when an update of the specification adds a required
// parameter or body that is not checked. Optional ones are pointers.
func TestDeleteCustomerShape(t *testing.T) {
	t.Parallel()
	required := func(of reflect.Type) int {
		count := 0
		for i := range of.NumField() {
			if of.Field(i).Type.Kind() != reflect.Pointer {
				count++
			}
		}
		return count
	}
	if got := required(reflect.TypeFor[api.DeleteCustomerParams]()); got != 1 {
		t.Errorf("the operation has %d required header or query parameters, want 1: the account", got)
	}
	if got := required(reflect.TypeFor[api.DeleteCustomerRequestObject]()); got != 2 {
		t.Errorf("the request has %d required parts, want 2: the id and the other parameters", got)
	}
}
