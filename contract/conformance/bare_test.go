package conformance

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// bare is a server that implements the vendored specification only: 202 without a body,
// or 400 with any body that the schema allows. net/http makes all other responses.
type bare struct {
	mu        sync.Mutex
	customers map[string]bool
}

func newBare() *bare { return &bare{customers: map[string]bool{}} }

func (b *bare) newCustomer(context.Context) (string, error) {
	id := unknownID()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.customers[id] = true
	return id, nil
}

func (b *bare) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("DELETE /v1/customers/{customer_id}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(publicHeader) != first.PublicAPIKey || r.Header.Get(secretHeader) != first.PrivateSecretKey ||
			r.Header.Get(accountHeader) != first.AccountCode {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{}`)
			return
		}
		if !b.erase(r.PathValue("customer_id")) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintln(w, `{"code":"NO_SUCH_CUSTOMER","messages":[],"more":{"Code":1e999}}`)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

func (b *bare) erase(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.customers[id]
	delete(b.customers, id)
	return known
}
