package client_test

import (
	"net/http"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract"
)

// What the client sends and what it accepts as a success is what the contract documents,
// for every operation.
func TestCallsKeepTheContract(t *testing.T) {
	t.Parallel()
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	server := newYuno(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			respond(200, customerJSON)(w, r)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	c := newClient(t, server.baseURL(), client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, http.DefaultTransport)}))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Error(err)
	}
	for _, r := range reads {
		if _, err := r.get(t.Context(), c, r.id); err != nil {
			t.Error(err)
		}
		if _, _, err := r.viaAPI(t.Context(), c, r.id); err != nil {
			t.Error(err)
		}
	}
	if got := len(server.requests()); got != 5 {
		t.Errorf("got %d requests, want 5", got)
	}
}
