package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/yuno-community/yuno-customers/client"
)

// exampleServer is Yuno in the examples: one response per request.
func exampleServer(responses ...http.HandlerFunc) *httptest.Server {
	next := 0
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		step := responses[min(next, len(responses)-1)]
		next++
		step(w, r)
	}))
}

var exampleCredentials = client.Credentials{
	AccountCode:      "493e9374-510a-4201-9e09-de669d75f256",
	PublicAPIKey:     "sandbox_public",
	PrivateSecretKey: "sandbox_private",
}

// The first call. To call Yuno itself, omit WithBaseURL: the prefix of the key
// selects the sandbox.
func Example() {
	yuno := exampleServer(accept)
	defer yuno.Close()

	c, err := client.New(exampleCredentials, client.WithBaseURL(yuno.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("accepted")
	// Output: accepted
}
