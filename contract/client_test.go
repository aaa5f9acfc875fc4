package contract_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract"
)

// What the client sends and what it accepts as a success is what the contract documents,
// for every operation.
func TestClientKeepsTheContract(t *testing.T) {
	t.Parallel()
	const customerID, merchantID = "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", "jane.doe+1@example.com & sons/é%"
	checker, err := contract.New(contract.WithStrict())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"`+customerID+`","merchant_customer_id":"`+merchantID+`"}`)
	}))
	defer server.Close()
	c, err := client.New(credentials, client.WithBaseURL(server.URL+"/v1"),
		client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, new(http.Transport))}))
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"DeleteCustomer":       func() error { return c.DeleteCustomer(t.Context(), customerID) },
		"Customer":             func() error { _, err := c.Customer(t.Context(), customerID); return err },
		"CustomerByMerchantID": func() error { _, err := c.CustomerByMerchantID(t.Context(), merchantID); return err },
		"API/DeleteCustomer": func() error {
			_, err := c.API().DeleteCustomerWithResponse(t.Context(), customerID, nil)
			return err
		},
		"API/RetrieveCustomer": func() error {
			_, err := c.API().RetrieveCustomerWithResponse(t.Context(), customerID)
			return err
		},
		"API/RetrieveCustomerByExternalID": func() error {
			_, err := c.API().RetrieveCustomerByExternalIDWithResponse(t.Context(), &api.RetrieveCustomerByExternalIDParams{MerchantCustomerID: merchantID})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
