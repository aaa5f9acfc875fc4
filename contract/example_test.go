package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/yuno-community/yuno-customers/contract"
)

// printer stands for a *testing.T.
type printer struct{}

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// The server sends an error as text.
func ExampleChecker_Handler() {
	checker, err := contract.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := checker.Handler(printer{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "customer not found", http.StatusBadRequest)
	}))

	r := httptest.NewRequest(http.MethodDelete, "/v1/customers/0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f", nil)
	r.Header.Set("X-Account-Code", "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11")
	r.Header.Set("Public-Api-Key", "sandbox_public")
	r.Header.Set("Private-Secret-Key", "sandbox_secret")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// contract: delete-customer: response header Content-Type: found text/plain, expected application/json [response-content-type]
	// contract: delete-customer: response body: found text that is not JSON, expected one JSON value [response-json]
}

// The client loses the id, and one of its keys.
func ExampleChecker_Transport() {
	checker, err := contract.New(contract.WithRequestsOnly(), contract.WithOperations("delete-customer"))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := &http.Client{Transport: checker.Transport(printer{}, nil)}

	for _, path := range []string{"/v1/customers/", "/v1/customers/c1"} {
		r, err := http.NewRequest(http.MethodDelete, server.URL+path, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Header.Set("X-Account-Code", "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11")
		r.Header.Set("Public-Api-Key", "sandbox_public")
		resp, err := client.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}
	// Output:
	// contract: -: request path: found a path that ends with a slash, expected /v1/customers/{customer_id} [request-path]
	// contract: delete-customer: request header private-secret-key: found no header, expected one value [request-key-missing]
}

func ExampleChecker_Coverage() {
	checker, err := contract.New(contract.WithDocument([]byte(pets)))
	if err != nil {
		fmt.Println(err)
		return
	}
	notFound := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	r := httptest.NewRequest(http.MethodGet, "/api/pets/7", nil)
	checker.Handler(printer{}, notFound).ServeHTTP(httptest.NewRecorder(), r)

	checker.Coverage().Require(printer{}, 1)
	// Output:
	// contract: 50% of the documented responses seen, want 100%
	// response            body              seen
	// GET /pets/{id} 200  application/json  never
	// GET /pets/{id} 404  none              1
}
