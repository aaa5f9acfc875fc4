package crashtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
)

// person is a customer with personal data that is easy to search for: all of it
// contains "pd7q", and references contain "ref7q".
type person int

func (p person) id() string { return fmt.Sprintf("customer-%06d-0000-4000-8000-00000000000", int(p)) }

func (p person) reference(provider string) string {
	return fmt.Sprintf("ref7q_%s_%06d", provider, int(p))
}

// uses reports whether the person has used a provider: each has used two of the four.
func (p person) uses(k int) bool { return (k+int(p))%len(providerNames) < 2 }

func (p person) record() map[string]any {
	var connections []map[string]any
	for k, name := range providerNames {
		if !p.uses(k) {
			continue
		}
		connections = append(connections, map[string]any{"provider": name, "customer": p.reference(name)})
	}
	return map[string]any{
		"id": p.id(), "merchant_customer_id": fmt.Sprintf("pd7q-merchant-%06d", int(p)),
		"email": fmt.Sprintf("pd7q.%06d@example.com", int(p)), "first_name": fmt.Sprintf("Anapd7q%06d", int(p)),
		"last_name": fmt.Sprintf("Silvapd7q%06d", int(p)), "date_of_birth": "1990-02-03",
		"document":  map[string]string{"document_type": "CPF", "document_number": fmt.Sprintf("pd7q%06d77", int(p))},
		"phone":     map[string]string{"country_code": "55", "number": fmt.Sprintf("pd7q%06d", int(p))},
		"metadata":  []map[string]string{{"key": "note", "value": "pd7q" + strings.Repeat("m", 400*(int(p)%7))}}, // some spill over a page
		"providers": connections,
	}
}

// echo is a provider, or several, whose responses contain everything it knows: the
// person, the request and the key. The first request for a reference fails, in a way that
// depends on the person, and openpay refuses some persons for good.
type echo struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int // by reference
}

func newEcho() *echo {
	e := &echo{requests: map[string]int{}}
	e.Server = httptest.NewServer(e)
	return e
}

// refuses reports whether openpay refuses the person.
func (p person) refuses() bool { return p%100 == 50 }

// responses returns how many responses were sent.
func (e *echo) responses() (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, times := range e.requests {
		n += times
	}
	return n
}

// ServeHTTP implements http.Handler.
func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, "ref7q") {
		serveCheck(w, r)
		return
	}
	reference := path.Base(r.URL.Path)
	var p person
	provider := strings.Split(reference, "_")[1]
	_, _ = fmt.Sscanf(reference[strings.LastIndex(reference, "_")+1:], "%d", &p)
	read := r.Method == http.MethodGet // it verifies; its response says nothing that a rule describes
	e.mu.Lock()
	if !read {
		e.requests[reference]++
	}
	first := e.requests[reference] == 1
	e.mu.Unlock()

	known := p.record()
	known["requested_with"] = r.Header.Get("Authorization")
	known["requested_url"] = r.URL.String()
	known["error_code"] = fmt.Sprintf("pd7q-code-%d", p)
	known["deleted"] = true
	body, _ := json.Marshal(known)
	status := http.StatusOK
	switch {
	case read:
		status = http.StatusTeapot
	case provider == "openpay" && p.refuses():
		status = http.StatusBadRequest
	case first:
		status = []int{http.StatusTooManyRequests, 500, 503, http.StatusFound, http.StatusConflict, http.StatusTeapot}[int(p)%6]
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", "/pd7q/"+reference)
	w.Header().Set("X-Debug", string(body))
	w.Header().Set("Set-Cookie", "who=pd7q; key="+r.Header.Get("Authorization"))
	if (provider == "openpay" || provider == "mollie") && status == http.StatusOK {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone, then
}

// serveCheck passes the checks of all providers, and repeats the key.
func serveCheck(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"object": "balance", "livemode": true, "resource": "profile", "mode": "live",
		"data": []any{map[string]any{"livemode": true}}, "0": map[string]any{"id": "pd7q"},
		"requested_with": r.Header.Get("Authorization"), "email": "pd7q@example.com",
	})
}
