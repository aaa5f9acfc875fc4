package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

func ExampleClient_DeleteCustomer_notFound() {
	yuno := exampleServer(respond(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`))
	defer yuno.Close()
	c, err := client.New(exampleCredentials, client.WithBaseURL(yuno.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}

	err = c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d")
	switch {
	case err == nil:
		fmt.Println("accepted")
	case errors.Is(err, client.ErrCustomerNotFound):
		fmt.Println(err)
	default:
		fmt.Println("unexpected:", err)
	}
	// Output: delete customer: 400 Bad Request "CUSTOMER_NOT_FOUND" "Customer not found."
}

// The first response is lost, so the package tries again. The second response says
// that there is no such customer.
func ExampleError_ambiguous() {
	yuno := exampleServer(lose, respond(400, `{"code":"CUSTOMER_NOT_FOUND"}`))
	defer yuno.Close()
	c, err := client.New(exampleCredentials,
		client.WithBaseURL(yuno.URL+"/v1"),
		client.WithRetry(2, 10*time.Millisecond),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	err = c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d")
	var e *client.Error
	switch {
	case err == nil:
		fmt.Println("accepted")
	case errors.Is(err, client.ErrCustomerNotFound) && errors.As(err, &e) && e.MayHaveApplied:
		fmt.Printf("erased by an earlier attempt, most likely (%d attempts)\n", e.Attempts)
	case errors.Is(err, client.ErrCustomerNotFound):
		fmt.Println("no customer has this id")
	default:
		fmt.Println("not erased, or unknown; try again later:", err)
	}
	// Output: erased by an earlier attempt, most likely (2 attempts)
}
