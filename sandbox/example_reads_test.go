package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// An erasure is checked by a read. What it finds then is not documented, so a program is
// tested with everything it may be.
func ExampleWithAnonymisation() {
	check := func(opts ...sandbox.Option) {
		ada := sandbox.Customer{ID: "c1", MerchantCustomerID: "m1", FirstName: "Ada", Email: "ada@example.com"}
		sb, err := sandbox.Open(append(opts, sandbox.WithCustomer(ada))...)
		if err != nil {
			panic(err)
		}
		defer sb.Close()
		c, err := client.New(sb.Credentials(), client.WithBaseURL(sb.URL()))
		if err != nil {
			panic(err)
		}
		if err := c.DeleteCustomer(context.Background(), "c1"); err != nil {
			panic(err)
		}

		// The first read is from a copy that lags behind.
		sb.FailNext(sandbox.Fault{Kind: sandbox.Stale})
		for range 2 {
			customer, err := c.CustomerByMerchantID(context.Background(), "m1")
			switch {
			case errors.Is(err, client.ErrCustomerNotFound):
				fmt.Println("gone")
			case err != nil:
				fmt.Println("unknown:", err)
			default:
				fmt.Println("anonymised:", customer.Anonymised())
			}
		}
	}
	check()
	check(sandbox.WithNotFoundStatus(http.StatusNotFound))
	check(sandbox.WithAnonymisation(""))
	check(sandbox.WithAnonymisation("***"))
	// Output:
	// anonymised: false
	// gone
	// anonymised: false
	// gone
	// anonymised: false
	// anonymised: true
	// anonymised: false
	// anonymised: true
}

func ExampleSandbox_Requests() {
	sb, c := open()
	defer sb.Close()

	_, err := c.CustomerByMerchantID(context.Background(), "ada@example.com")
	fmt.Println(errors.Is(err, client.ErrCustomerNotFound))
	for _, r := range sb.Requests() {
		fmt.Println(r.Operation, r.Target)
		fmt.Println(r) // shows no personal data
	}
	// Output:
	// true
	// retrieve-customer-by-external-id /v1/customers?merchant_customer_id=ada%40example.com
	// GET /v1/customers?[redacted] (retrieve-customer-by-external-id)
}
