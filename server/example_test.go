package server_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// Customers is an implementation that deletes customers and does not read them: a set
// of ids per account.
type Customers struct {
	server.Unsupported

	mu        sync.Mutex
	byAccount map[string]map[string]bool
}

var _ api.StrictServerInterface = (*Customers)(nil)

func (c *Customers) DeleteCustomer(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := c.byAccount[r.Params.AccountCode]
	if !ids[r.CustomerID] {
		return api.DeleteCustomer400JSONResponse{
			Code:     server.CodeCustomerNotFound,
			Messages: []string{"Customer not found."},
		}, nil
	}
	delete(ids, r.CustomerID)
	return api.DeleteCustomer202Response{}, nil
}

func Example() {
	const (
		accountCode = "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11"
		publicKey   = "sandbox_demo"
		secretKey   = "a random string of 128 bits or more"
	)
	keys, err := server.NewStaticKeys(server.StaticKey{
		PublicAPIKey: publicKey,
		SecretSHA256: sha256.Sum256([]byte(secretKey)), // a service stores only the hash
		AccountCodes: []string{accountCode},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	customers := &Customers{byAccount: map[string]map[string]bool{accountCode: {"c1": true}}}
	handler, err := server.New(customers, keys)
	if err != nil {
		fmt.Println(err)
		return
	}

	// A program passes the handler and its listener to server.Serve.
	srv := httptest.NewServer(handler)
	defer srv.Close()

	for _, path := range []string{"/v1/customers/c1", "/v1/customers/c1", "/v1/customers/c1/"} {
		r, _ := http.NewRequest(http.MethodDelete, srv.URL+path, nil)
		r.Header.Set("x-account-code", accountCode)
		r.Header.Set("public-api-key", publicKey)
		r.Header.Set("private-secret-key", secretKey)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
		fmt.Println(strings.TrimSpace(fmt.Sprint(path, ": ", resp.StatusCode, " ", string(body))))
	}
	// Output:
	// /v1/customers/c1: 202
	// /v1/customers/c1: 400 {"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}
	// /v1/customers/c1/: 404 {"code":"NOT_FOUND","messages":["Not found."]}
}
