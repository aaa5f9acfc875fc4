package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/sandbox"
)

func TestFailNext(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable}.Times(2)...)
	sb.FailNext(sandbox.Fault{}, sandbox.Fault{Kind: sandbox.GatewayTimeout})
	var got []int
	for range 5 {
		addCustomers(t, sb, c.AccountCode, "c1")
		got = append(got, erase(sb, c, "c1").status)
	}
	if want := [5]int{503, 503, 202, 504, 202}; [5]int(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFailCustomer(t *testing.T) {
	t.Parallel()
	for _, end := range []sandbox.Fault{{}, {Kind: sandbox.None}} {
		sb, c := inMemory(t)
		sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.InternalError})
		sb.FailNext(sandbox.Fault{Kind: sandbox.GatewayTimeout})
		erase(sb, c, "c1").want(t, 500, "INTERNAL_ERROR")
		erase(sb, c, "c1").want(t, 500, "INTERNAL_ERROR")
		erase(sb, c, "c2").want(t, 504, "REQUEST_TIMEOUT")
		erase(sb, c, "c2").want(t, 400, "CUSTOMER_NOT_FOUND")
		sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable})
		sb.FailCustomer("c1", end)
		erase(sb, c, "c1").want(t, 503, "SERVICE_UNAVAILABLE")
		erase(sb, c, "c1").want(t, 202, "")

		sb.FailCustomer("é", sandbox.Fault{Kind: sandbox.GatewayTimeout})
		erase(sb, c, "%C3%A9").want(t, 504, "REQUEST_TIMEOUT")
	}
}

// An invalid fault must not look like a fault that the client handled.
func TestInvalidFaults(t *testing.T) {
	t.Parallel()
	var failed failingT
	sb := sandbox.New(&failed, sandbox.WithoutListener(), sandbox.WithCustomers("c1", "c2"))
	t.Cleanup(sb.Close)
	sb.FailNext(sandbox.Fault{}, sandbox.Fault{Kind: "nonsense"})
	sb.FailCustomer("c2", sandbox.Fault{Kind: sandbox.Reset, RetryAfter: time.Second})
	if want := []string{`unknown kind "nonsense"`, "reset cannot have a retry-after"}; len(failed.errors) != 2 ||
		!strings.Contains(failed.errors[0], want[0]) || !strings.Contains(failed.errors[1], want[1]) {
		t.Errorf("the test failed with %q, want %q", failed.errors, want)
	}

	sb, err := sandbox.Open(sandbox.WithoutListener(), sandbox.WithCustomers("c1", "c2"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	sb.FailNext(sandbox.Fault{Kind: "nonsense"})
	sb.FailCustomer("c2", sandbox.Fault{Status: 400})
	erase(sb, sb.Credentials(), "c1").want(t, 501, `unknown kind "nonsense"`)
	erase(sb, sb.Credentials(), "c2").want(t, 501, "none cannot have status 400")
	if got := len(sb.Customers(sb.Credentials().AccountCode)); got != 2 {
		t.Errorf("got %d customers, want both", got)
	}
}
