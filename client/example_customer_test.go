package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/yuno-community/yuno-customers/client"
)

func ExampleClient_CustomerByMerchantID() {
	yuno := exampleServer(respond(200, `{"id":"8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d","merchant_customer_id":"m-42","country":"CO"}`))
	defer yuno.Close()
	c, err := client.New(exampleCredentials, client.WithBaseURL(yuno.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}

	customer, err := c.CustomerByMerchantID(context.Background(), "m-42")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer)           // shows nothing
	fmt.Println(customer.Data().ID) // the id to erase
	// Output:
	// Customer{[redacted]}
	// 8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d
}

// After an erasure, a program checks what became of the customer.
func ExampleCustomer_Anonymised() {
	const id = "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"
	check := func(response http.HandlerFunc) string {
		yuno := exampleServer(response)
		defer yuno.Close()
		c, err := client.New(exampleCredentials, client.WithBaseURL(yuno.URL+"/v1"))
		if err != nil {
			return err.Error()
		}
		customer, err := c.Customer(context.Background(), id)
		switch {
		case errors.Is(err, client.ErrCustomerNotFound):
			return "gone"
		case err != nil:
			return "unknown: " + err.Error()
		case customer.Anonymised():
			return "anonymised"
		}
		return "still there"
	}
	fmt.Println(check(respond(400, `{"code":"CUSTOMER_NOT_FOUND"}`)))
	fmt.Println(check(respond(404, `{"code":"NOT_FOUND"}`)))
	fmt.Println(check(respond(200, `{"id":"`+id+`","first_name":"***","email":null}`)))
	fmt.Println(check(respond(200, `{"id":"`+id+`","first_name":"Jane"}`)))
	fmt.Println(check(respond(404, `<html>`, "Content-Type", "text/html")))
	// Output:
	// gone
	// gone
	// anonymised
	// still there
	// unknown: retrieve customer: 404 Not Found (not a response of the API; check the base URL)
}
