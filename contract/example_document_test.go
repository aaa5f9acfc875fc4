package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/yuno-community/yuno-customers/contract"
)

// pets is an OpenAPI document of your own; usually it is read from a file.
const pets = `
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: https://pets.example/api}]
paths:
  /pets/{id}:
    parameters:
      - {in: path, name: id, required: true, schema: {type: integer}}
    get:
      operationId: get-pet
      responses:
        "200":
          description: the pet
          content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}
        "404": {description: no such pet}
`

// petServer forgets the name of the pet, and takes text for an id.
var petServer = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"nmae":"Rex"}`))
})

// Any document, around an http.Handler. kin-openapi judges the response by the document,
// and the rules of this package judge the rest.
func ExampleWithDocument_handler() {
	checker, err := contract.New(contract.WithDocument([]byte(pets)))
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := checker.Handler(printer{}, petServer) // in a test: checker.Handler(t, petServer)

	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/pets/7", nil))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/pets/rex", nil))
	// Output:
	// contract: get-pet: response body /name: found no such key, expected a value [response-schema]
	// contract: get-pet: response status: found 200 to a request that breaks request-path-parameter, expected a refusal [response-accepted]
	// contract: get-pet: response body /name: found no such key, expected a value [response-schema]
}

// Any document, in a server of package httptest. WithBasePath is for a server that is
// mounted elsewhere than the document says.
func ExampleWithDocument_server() {
	checker, err := contract.New(contract.WithDocument([]byte(pets)), contract.WithBasePath(""))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(checker.Handler(printer{}, petServer))
	defer server.Close()

	resp, err := http.Get(server.URL + "/pets/7")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Print(checker.Coverage())
	// Output:
	// contract: get-pet: response body /name: found no such key, expected a value [response-schema]
	// response            body              seen
	// GET /pets/{id} 200  application/json  never
	// GET /pets/{id} 404  none              never
}

// Any document, in a client. Both sides of the exchange are judged.
func ExampleWithDocument_client() {
	checker, err := contract.New(contract.WithDocument([]byte(pets)))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := &http.Client{Transport: checker.Transport(printer{}, nil)}

	for _, path := range []string{"/api/pets/7?verbose", "/pets/7"} {
		resp, err := client.Get(server.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}
	// Output:
	// contract: get-pet: request query: found a query, expected none [request-query]
	// contract: get-pet: response body: found 19 bytes, expected no body [response-body-unexpected]
	// contract: -: request path: found a path outside /api/, expected /api/pets/{id} [request-path]
}
