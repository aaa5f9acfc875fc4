package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// open starts a sandbox with customer c1, and a client for it that retries up to
// twice, almost at once. A test would use New instead of Open.
func open() (*sandbox.Sandbox, *client.Client) {
	sb, err := sandbox.Open(sandbox.WithCustomers("c1"))
	if err != nil {
		panic(err)
	}
	c, err := client.New(sb.Credentials(),
		client.WithBaseURL(sb.URL()),
		client.WithRetry(2, time.Millisecond))
	if err != nil {
		panic(err)
	}
	return sb, c
}

// report prints what the client reports to its caller.
func report(err error) {
	var e *client.Error
	switch {
	case err == nil:
		fmt.Println("accepted")
	case errors.As(err, &e):
		fmt.Printf("status %d, code %q, attempts %d, may have applied: %t\n", e.StatusCode, e.Code, e.Attempts, e.MayHaveApplied)
	}
}

func Example() {
	sb, c := open()
	defer sb.Close()

	report(c.DeleteCustomer(context.Background(), "c1"))
	report(c.DeleteCustomer(context.Background(), "c1"))
	for _, r := range sb.Requests() {
		fmt.Println(r.Method, r.Target, r.Header.Get("private-secret-key"))
	}
	// Output:
	// accepted
	// status 400, code "CUSTOMER_NOT_FOUND", attempts 1, may have applied: false
	// DELETE /v1/customers/c1 [redacted]
	// DELETE /v1/customers/c1 [redacted]
}

func ExampleWithoutListener() {
	sb, err := sandbox.Open(sandbox.WithoutListener(), sandbox.WithCustomers("c1"))
	if err != nil {
		panic(err)
	}
	defer sb.Close()
	c, err := client.New(sb.Credentials(),
		client.WithBaseURL(sb.URL()),
		client.WithHTTPClient(&http.Client{Transport: sb.Transport()}))
	if err != nil {
		panic(err)
	}
	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: accepted
}

func ExampleSandbox_AddAccount() {
	sb, c := open()
	defer sb.Close()
	second := sb.AddAccount()
	if err := sb.AddCustomers(second.AccountCode, "c2"); err != nil {
		panic(err)
	}

	// The keys of the first account give no access to the second.
	report(c.DeleteCustomer(context.Background(), "c2", client.WithAccountCode(second.AccountCode)))
	fmt.Println(sb.Customers(second.AccountCode))
	// Output:
	// status 403, code "AUTHORIZATION_REQUIRED", attempts 1, may have applied: false
	// [c2]
}

func ExampleSandbox_FailNext() {
	sb, c := open()
	defer sb.Close()

	// Two attempts fail, and the third is accepted.
	sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable}.Times(2)...)
	report(c.DeleteCustomer(context.Background(), "c1"))
	fmt.Println(len(sb.Requests()), "requests")
	// Output:
	// accepted
	// 3 requests
}

func ExampleSandbox_FailCustomer() {
	sb, c := open()
	defer sb.Close()
	if err := sb.AddCustomers(sb.Credentials().AccountCode, "c2"); err != nil {
		panic(err)
	}

	sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.InternalError})
	report(c.DeleteCustomer(context.Background(), "c1"))
	report(c.DeleteCustomer(context.Background(), "c2"))
	// Output:
	// status 500, code "INTERNAL_ERROR", attempts 3, may have applied: true
	// accepted
}

func ExampleParseFault() {
	f, err := sandbox.ParseFault("503; retry-after=2s; latency=100ms")
	fmt.Println(f.Kind, f.RetryAfter, f.Latency, err)
	_, err = sandbox.ParseFault("500; retry-after=2s")
	fmt.Println(err)
	// Output:
	// 503 2s 100ms <nil>
	// fault "500; retry-after=2s": 500 cannot have a retry-after
}
