package sandbox_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// reader returns a generated client with the keys of the sandbox.
func reader(sb *sandbox.Sandbox) *api.ClientWithResponses {
	keys := func(_ context.Context, r *http.Request) error {
		r.Header.Set("public-api-key", sb.Credentials().PublicAPIKey)
		r.Header.Set("private-secret-key", sb.Credentials().PrivateSecretKey)
		return nil
	}
	c, err := api.NewClientWithResponses(sb.URL(), api.WithRequestEditorFn(keys))
	if err != nil {
		panic(err)
	}
	return c
}

// An erasure is checked by a read. Whether Yuno then finds nothing or an anonymised
// customer is not documented, so this test covers the second.
func ExampleWithAnonymisation() {
	sb, err := sandbox.Open(
		sandbox.WithCustomer(sandbox.Customer{ID: "c1", MerchantCustomerID: "m1", FirstName: "Ada", Email: "ada@example.com"}),
		sandbox.WithAnonymisation("***"))
	if err != nil {
		panic(err)
	}
	defer sb.Close()
	c, err := client.New(sb.Credentials(), client.WithBaseURL(sb.URL()))
	if err != nil {
		panic(err)
	}

	for range 2 {
		got, err := reader(sb).RetrieveCustomerWithResponse(context.Background(), "c1")
		if err != nil || got.JSON200 == nil {
			panic("no customer")
		}
		fmt.Printf("id %s, first name %s, e-mail %s\n", got.JSON200.ID, got.JSON200.FirstName, got.JSON200.Email)
		if got.JSON200.Email != "***" {
			report(c.DeleteCustomer(context.Background(), "c1"))
		}
	}
	// Output:
	// id c1, first name Ada, e-mail ada@example.com
	// accepted
	// id c1, first name ***, e-mail ***
}

func ExampleSandbox_Requests() {
	sb, err := sandbox.Open(sandbox.WithNotFoundStatus(http.StatusNotFound))
	if err != nil {
		panic(err)
	}
	defer sb.Close()

	got, err := reader(sb).RetrieveCustomerByExternalIDWithResponse(context.Background(),
		&api.RetrieveCustomerByExternalIDParams{MerchantCustomerID: "ada@example.com"})
	if err != nil || got.JSON404 == nil {
		panic("no 404 with an error body")
	}
	fmt.Println(got.JSON404.Code)
	for _, r := range sb.Requests() {
		fmt.Println(r.Operation, r.Target)
		fmt.Println(r) // shows no personal data
	}
	// Output:
	// NOT_FOUND
	// retrieve-customer-by-external-id /v1/customers?merchant_customer_id=ada%40example.com
	// GET /v1/customers?[redacted] (retrieve-customer-by-external-id)
}
