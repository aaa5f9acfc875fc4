package client_test

import (
	"context"
	"fmt"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
)

// privacyDesk is code that is written against the generated interface. It embeds
// the safe implementation.
type privacyDesk struct {
	api.ClientWithResponsesInterface
}

func ExampleClient_API() {
	yuno := exampleServer(respond(403, `{"code":"AUTHORIZATION_REQUIRED","messages":["No access."]}`))
	defer yuno.Close()
	c, err := client.New(exampleCredentials, client.WithBaseURL(yuno.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	desk := privacyDesk{c.API()}

	// With nil parameters, the client's own account code is sent.
	resp, err := desk.DeleteCustomerWithResponse(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.StatusCode(), resp.JSON403.Code)

	_, err = desk.DeleteCustomerWithResponse(context.Background(), "..", nil)
	fmt.Println(err)
	// Output:
	// 403 AUTHORIZATION_REQUIRED
	// delete customer: invalid argument: customer id is a dot segment
}
