package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// Each example shows the real client one kind of fault.

func ExampleFault_latency() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Latency: 10 * time.Millisecond})

	start := time.Now()
	report(c.DeleteCustomer(context.Background(), "c1"))
	fmt.Println("waited:", time.Since(start) >= 10*time.Millisecond)
	// Output:
	// accepted
	// waited: true
}

func ExampleFault_slowResponse() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Latency: time.Hour, Applied: true})

	// The caller gives up when the customer is gone, long before the response.
	account := sb.Credentials().AccountCode
	ctx, giveUp := context.WithCancel(context.Background())
	go func() {
		for len(sb.Customers(account)) > 0 {
			<-time.After(time.Millisecond)
		}
		giveUp()
	}()
	report(c.DeleteCustomer(ctx, "c1"))
	fmt.Println("customers remaining:", sb.Customers(account))
	// Output:
	// status 0, code "", attempts 1, may have applied: true
	// customers remaining: []
}

func ExampleFault_tooManyRequests() {
	sb, c := open()
	defer sb.Close()
	// The wait is longer than the client's retry budget, so it reports the wait.
	sb.FailNext(sandbox.Fault{Kind: sandbox.TooManyRequests, RetryAfter: time.Minute})

	err := c.DeleteCustomer(context.Background(), "c1")
	report(err)
	var e *client.Error
	if errors.As(err, &e) {
		fmt.Println("retry after", e.RetryAfter)
	}
	// Output:
	// status 429, code "TOO_MANY_REQUESTS", attempts 1, may have applied: false
	// retry after 1m0s
}

func ExampleFault_internalError() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.InternalError}.Times(3)...)

	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: status 500, code "INTERNAL_ERROR", attempts 3, may have applied: true
}

func ExampleFault_unavailable() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable})

	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: accepted
}

func ExampleFault_timeout() {
	sb, c := open()
	defer sb.Close()
	// The timeout comes after the deletion, so the retry finds no such customer.
	sb.FailNext(sandbox.Fault{Kind: sandbox.GatewayTimeout, Applied: true})

	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: status 400, code "CUSTOMER_NOT_FOUND", attempts 2, may have applied: true
}

func ExampleFault_resetBeforeTheEffect() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.Reset})

	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: accepted
}

func ExampleFault_resetAfterTheEffect() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.Reset, Applied: true})

	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: status 400, code "CUSTOMER_NOT_FOUND", attempts 2, may have applied: true
}

func ExampleFault_lostResponse() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.LostResponse})

	err := c.DeleteCustomer(context.Background(), "c1")
	report(err)
	fmt.Println("not found:", errors.Is(err, client.ErrCustomerNotFound))
	// Output:
	// status 400, code "CUSTOMER_NOT_FOUND", attempts 2, may have applied: true
	// not found: true
}

func ExampleFault_stalledBody() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.StalledBody})

	// The client stops waiting for the body, but the 202 that came before it counts.
	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: accepted
}

func ExampleFault_html() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.HTML, Status: 403})

	err := c.DeleteCustomer(context.Background(), "c1")
	report(err)
	fmt.Println("forbidden:", errors.Is(err, client.ErrForbidden))
	// Output:
	// status 403, code "", attempts 1, may have applied: false
	// forbidden: true
}

func ExampleFault_truncatedBody() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.TruncatedBody}.Times(3)...)

	err := c.DeleteCustomer(context.Background(), "c1")
	report(err)
	fmt.Println("bad request:", errors.Is(err, client.ErrBadRequest))
	// Output:
	// status 400, code "", attempts 3, may have applied: false
	// bad request: true
}

func ExampleFault_oversizedBody() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.OversizedBody})

	err := c.DeleteCustomer(context.Background(), "c1")
	report(err)
	fmt.Println("too large:", errors.Is(err, client.ErrTooLarge))
	// Output:
	// status 400, code "", attempts 1, may have applied: false
	// too large: true
}

func ExampleFault_noContent() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.NoContent})

	// Yuno's pages disagree about 202 and 204, so the client accepts both.
	report(c.DeleteCustomer(context.Background(), "c1"))
	// Output: accepted
}

func ExampleFault_redirect() {
	sb, c := open()
	defer sb.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.Redirect})

	err := c.DeleteCustomer(context.Background(), "c1")
	report(err)
	fmt.Println("redirect:", errors.Is(err, client.ErrRedirect))
	fmt.Println(len(sb.Requests()), "request: it was not followed")
	// Output:
	// status 307, code "", attempts 1, may have applied: false
	// redirect: true
	// 1 request: it was not followed
}
