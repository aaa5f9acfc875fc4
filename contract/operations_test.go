package contract

import (
	"net/url"
	"strings"
	"testing"
)

func TestWithOperationsRejects(t *testing.T) {
	t.Parallel()
	for want, ids := range map[string][]string{
		"operations: none":                 {},
		`has no operation "list-erasures"`: {"delete-customer", "list-erasures"},
	} {
		if _, err := New(WithOperations(ids...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %s", ids, err, want)
		}
	}
}

// An operation that is not judged is another method of the path to those that are.
func TestWithOperations(t *testing.T) {
	t.Parallel()
	c, err := New(WithOperations("retrieve-customer"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Coverage().Responses {
		if r.Operation != "retrieve-customer" {
			t.Errorf("got %s among the responses", r.Operation)
		}
	}
	if got := c.route("DELETE", &url.URL{Path: "/v1/customers/c1"}); got.op != nil || len(got.onPath) != 1 {
		t.Errorf("got operation %v of %d, want none of 1", got.op, len(got.onPath))
	}
}
