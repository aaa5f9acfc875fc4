package yunocustomers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/openapi"
)

// responses are the generated responses by status. If a status is removed from
// the contract, its type goes too, and this file no longer compiles.
var responses = map[string]api.DeleteCustomerResponseObject{
	"202": api.DeleteCustomer202Response{},
	"400": api.DeleteCustomer400JSONResponse{},
	"401": api.DeleteCustomer401JSONResponse{},
	"403": api.DeleteCustomer403JSONResponse{},
	"500": api.DeleteCustomer500JSONResponse{},
	"504": api.DeleteCustomer504JSONResponse{},
}

// testdata/operation.golden pins the operation of the overlaid document, so that
// a change shows up in review.
func TestOperationIsPinned(t *testing.T) {
	t.Parallel()
	path, op := operation(t)
	var b strings.Builder
	fmt.Fprintf(&b, "DELETE %s %s\n", path, op.OperationID)
	for _, p := range op.Parameters {
		fmt.Fprintf(&b, "%s %s required=%v\n", p.Value.In, p.Value.Name, p.Value.Required)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		var types []string
		for mediaType, content := range op.Responses.Value(status).Value.Content {
			types = append(types, mediaType+" "+content.Schema.Ref)
		}
		fmt.Fprintf(&b, "%s %s\n", status, strings.Join(types, ", "))
	}
	golden(t, "testdata/operation.golden", b.String())
}

func TestGeneratedClientSendsTheOperation(t *testing.T) {
	t.Parallel()
	path, op := operation(t)
	r, err := api.NewDeleteCustomerRequest("https://example.com/v1/", "c1", &api.DeleteCustomerParams{AccountCode: "a1"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Method+" "+r.URL.Path, "DELETE /v1"+strings.ReplaceAll(path, "{customer_id}", "c1"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, p := range op.Parameters {
		if p.Value.In == "header" && p.Value.Required && r.Header.Get(p.Value.Name) != "a1" {
			t.Errorf("header %s is %q", p.Value.Name, r.Header.Get(p.Value.Name))
		}
	}

	// The client's response has a field for each status with an error body, and no other.
	var fields, want []string
	response := reflect.TypeFor[api.DeleteCustomerResponse]()
	for i := range response.NumField() {
		if f := response.Field(i); f.Type == reflect.TypeFor[*api.Error]() {
			fields = append(fields, f.Name)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		if len(op.Responses.Value(status).Value.Content) > 0 {
			want = append(want, "JSON"+status)
		}
	}
	if !slices.Equal(fields, want) {
		t.Errorf("fields %v, want %v", fields, want)
	}
}

func TestGeneratedServerRespondsAsDocumented(t *testing.T) {
	t.Parallel()
	_, op := operation(t)
	documented := slices.Sorted(maps.Keys(op.Responses.Map()))
	if got := slices.Sorted(maps.Keys(responses)); !slices.Equal(got, documented) {
		t.Fatalf("got statuses %v, want %v as documented", got, documented)
	}
	for status, response := range responses {
		w := httptest.NewRecorder()
		if err := response.VisitDeleteCustomerResponse(w); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(w.Code); got != status {
			t.Errorf("%T has status %s, want %s", response, got, status)
		}
		_, hasBody := op.Responses.Value(status).Value.Content["application/json"]
		if got := w.Header().Get("Content-Type"); hasBody != (got == "application/json") || hasBody != json.Valid(w.Body.Bytes()) {
			t.Errorf("%T has content type %q and body %q", response, got, w.Body)
		}
		if got := reflect.TypeOf(response).ConvertibleTo(reflect.TypeFor[api.Error]()); got != hasBody {
			t.Errorf("%T converts to api.Error: %v, want %v", response, got, hasBody)
		}
	}
	mux := http.NewServeMux()
	api.HandlerFromMux(nil, mux)
	if _, pattern := mux.Handler(httptest.NewRequest("DELETE", "/customers/c1", nil)); pattern != "DELETE /customers/{customer_id}" {
		t.Errorf("pattern %q", pattern)
	}
}

func operation(t *testing.T) (path string, op *openapi3.Operation) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Overlaid())
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.Paths.Len(); n != 1 {
		t.Fatalf("%d paths, want 1", n)
	}
	for path, item := range doc.Paths.Map() {
		return path, item.Delete
	}
	panic("unreachable")
}
