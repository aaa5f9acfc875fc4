package contract

import (
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/openapi"
)

func TestNewNilOption(t *testing.T) {
	t.Parallel()
	if _, err := New(WithStrict(), nil); err == nil || !strings.Contains(err.Error(), "option: nil") {
		t.Errorf("got error %v, want one about the option", err)
	}
}

func TestNewBasePath(t *testing.T) {
	t.Parallel()
	if got := mustNew(t).BasePath(); got != "/v1" {
		t.Errorf("got base path %q, want /v1", got)
	}
}

func TestNewDocumentedStatuses(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]Option{
		"202, 400, 401, 403, 500 or 504":                nil,
		"202, 400, 401, 403, 405, 429, 500, 503 or 504": {WithStrict()},
	} {
		if got := mustNew(t, opts...).doc.operations[0].statuses; got != want {
			t.Errorf("got statuses %s, want %s", got, want)
		}
	}
}

func TestNewOperation(t *testing.T) {
	t.Parallel()
	op := mustNew(t).doc.operations[0]
	if got, want := strings.Join(op.keys, " "), secretHeader+" "+publicHeader; got != want {
		t.Errorf("got key headers %s, want %s", got, want)
	}
	if len(op.headers) != 1 || op.headers[0].canonical != accountHeader || op.headers[0].name != "x-account-code" {
		t.Errorf("got headers %v, want %s", op.headers, accountHeader)
	}
	if op.method != "DELETE" || op.template != "/customers/{customer_id}" {
		t.Errorf("got %s %s", op.method, op.template)
	}
}

func TestWithBasePathRejects(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"v1", "//", "/v1//x", "/v1?x", "/v1#x", "/v%31", "/{version}", "/v1/..", "/./v1"} {
		if _, err := New(WithBasePath(path)); err == nil || !strings.Contains(err.Error(), "base path") {
			t.Errorf("%q: got error %v, want one about the base path", path, err)
		}
	}
}

func TestWithBasePath(t *testing.T) {
	t.Parallel()
	for path, requested := range map[string]string{"": "/customers/c1", "/": "/customers/c1", "/api/v2/": "/api/v2/customers/c1"} {
		r := rightRequest(t)
		to("https://host" + requested)(r)
		if got := sent(t, r, WithBasePath(path)); len(got.violations) > 0 {
			t.Errorf("base path %q: found %v", path, got.violations)
		}
	}
}

// unsupportedDocuments are the contract with old replaced by new, and what the error of
// loading it contains.
var unsupportedDocuments = []struct{ name, old, new, want string }{
	{"VersionTooNew", `"openapi": "3.1.0"`, `"openapi": "3.2.0"`, "/openapi"},
	{"VersionTooOld", `"openapi": "3.1.0"`, `"openapi": "2.0"`, "/openapi"},
	{"VersionMissing", `"openapi": "3.1.0",`, ``, "/openapi"},
	{"Webhooks", `"openapi": "3.1.0"`, `"openapi": "3.1.0", "webhooks": {}`, "/webhooks"},
	{"Pattern", `"example": "NOT_FOUND",`, `"pattern": "^[A-Z]+$",`, "/pattern"},
	{"Const", `"example": "NOT_FOUND",`, `"const": "X",`, "/const"},
	{"OneOf", `"example": "NOT_FOUND",`, `"oneOf": [],`, "/oneOf"},
	{"UnknownFormat", `"example": "NOT_FOUND",`, `"format": "email",`, `/format: "email"`},
	{"TypeArray", `"type": "object"`, `"type": ["object", "null"]`, "/type"},
	{"SchemaForAdditionalProperties", `"type": "object"`, `"type": "object", "additionalProperties": {"type": "string"}`, "/additionalProperties"},
	{"KeywordInNestedSchema", `"items": {`, `"items": {"contains": {},`, "/items/contains"},
	{"ReferenceWithMore", `"$ref": "#/components/schemas/Error"`, `"$ref": "#/components/schemas/Error", "type": "object"`, "/$ref"},
	{"ReferenceElsewhere", `"$ref": "#/components/schemas/Error"`, `"$ref": "other.json"`, "/$ref"},
	{"QueryParameter", `"in": "path"`, `"in": "query"`, `/in: "query"`},
	{"ParameterStyle", `"in": "path"`, `"in": "path", "style": "label"`, "/style"},
	{"KeyInQuery", `"in": "header",
        "name": "public-api-key"`, `"in": "query",
        "name": "public-api-key"`, "/in"},
	{"OtherSecurity", `"type": "apiKey"`, `"type": "http"`, "/type"},
	{"AlternativeSecurity", `"security": [`, `"security": [{"sec0": []},`, "2 alternatives"},
	{"RequestBody", `"operationId": "delete-customer",`, `"operationId": "delete-customer", "requestBody": {"content": {}},`, "/requestBody"},
	{"OperationSecurity", `"operationId": "delete-customer",`, `"operationId": "delete-customer", "security": [],`, "/security"},
	{"Callbacks", `"operationId": "delete-customer",`, `"operationId": "delete-customer", "callbacks": {},`, "/callbacks"},
	{"ResponseHeaders", `"description": "Accepted (body is empty)"`, `"description": "d", "headers": {}`, "/headers"},
	{"OtherMediaType", `"application/json": {`, `"application/problem+json": {`, "/application/problem+json"},
	{"NoSchema", `"schema": {
                  "$ref": "#/components/schemas/Error"
                }`, `"example": {}`, "without a schema"},
	{"DefaultResponse", `"202": {`, `"default": {`, `"default"`},
	{"RangeOfStatuses", `"202": {`, `"2XX": {`, `"2XX"`},
	{"PathLevelParameters", `"delete": {`, `"parameters": [], "delete": {`, "/parameters"},
	{"OtherMethod", `"delete": {`, `"trace": {`, "/trace"},
	{"ServerVariables", `"url": "https://api-sandbox.y.uno/v1"`, `"url": "https://api-sandbox.y.uno/{v}", "variables": {"v": {"default": "v1"}}`, "variables"},
	{"ReusableResponses", `"securitySchemes": {`, `"responses": {}, "securitySchemes": {`, "/components/responses"},
	{"OperationOfAnotherKind", `"delete": {`, `"delete": [], "x-delete": {`, "/delete: not an object"},
	{"ResponsesOfAnotherKind", `"responses": {`, `"responses": [], "x-responses": {`, "/responses: not an object"},
	{"ParametersOfAnotherKind", `"parameters": [`, `"parameters": {}, "x-parameters": [`, "/parameters: not an array"},
	{"NotJSON", `"openapi"`, `openapi`, "invalid character"},
	{"InvalidDocument", `"title": "payment-api-create-payment-back-to-back",`, ``, "invalid"},
	{"NoPaths", `"delete": {`, `"x-delete": {`, "no operation"},
	{"SegmentInParts", `"/customers/{customer_id}"`, `"/customers/c-{customer_id}"`, "not one declared parameter"},
}

func TestLoadRejectsWhatIsNotJudged(t *testing.T) {
	t.Parallel()
	for _, tt := range unsupportedDocuments {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := string(openapi.Overlaid())
			if !strings.Contains(text, tt.old) {
				t.Fatalf("the document has no %s", tt.old)
			}
			_, err := load([]byte(strings.Replace(text, tt.old, tt.new, -1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %s", err, tt.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(openapi.Overlaid())
	f.Add(openapi.Strict())
	f.Add(openapi.Specification())
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/x":{"get":{"responses":{"200":{"content":{"application/json":{}}}}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := load(data)
		if err == nil && len(d.operations) == 0 {
			t.Error("a document without operations was loaded")
		}
	})
}

func TestOperationsWithoutAnIDAreNamedByMethodAndPath(t *testing.T) {
	t.Parallel()
	d, err := load([]byte(strings.Replace(string(openapi.Overlaid()), `"operationId": "delete-customer",`, ``, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.operations[0].id, "DELETE /customers/{customer_id}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// severalOperations is the strict contract with two more operations.
func severalOperations() []byte {
	text := strings.Replace(string(openapi.Strict()), `"paths": {`, `"paths": {
		"/customers/{customer_id}/erasures": {"get": {
			"operationId": "list-erasures",
			"parameters": [{"in": "path", "name": "customer_id", "required": true, "schema": {"type": "string"}}],
			"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {
				"type": "array", "items": {"type": "object", "required": ["at"], "properties": {"at": {"type": "string"}}}}}}}}
		}},`, 1)
	text = strings.Replace(text, `"delete": {`, `"get": {
			"operationId": "get-customer",
			"parameters": [{"in": "path", "name": "customer_id", "required": true, "schema": {"type": "string"}}],
			"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {"type": "object"}}}}}
		}, "delete": {`, 1)
	return []byte(text)
}

// A later version of the document may have more than one operation.
func TestSeveralOperations(t *testing.T) {
	t.Parallel()
	c, err := newChecker(severalOperations(), config{strict: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, path string
		response     fixedResponse
		want         string
	}{
		{"DELETE", "/customers/c1", fixedResponse{status: 202}, ""},
		{"GET", "/customers/c1", fixedResponse{status: 200, contentType: "application/json", body: `{}`}, ""},
		{"GET", "/customers/c1", fixedResponse{status: 202}, "get-customer: response status: found 202, expected 200"},
		{"GET", "/customers/c1/erasures", fixedResponse{status: 200, contentType: "application/json", body: `[]`}, ""},
		{"GET", "/customers/c1/erasures", fixedResponse{status: 200, contentType: "application/json", body: `[{"at":"x"},{}]`},
			"list-erasures: response body /1/at: found no such key, expected a value"},
		{"PUT", "/customers/c1", fixedResponse{status: 200}, "-: request method: found PUT, expected "},
		{"GET", "/customers", fixedResponse{status: 404}, "-: request path: found another path, expected /v1/customers/{customer_id}"},
	} {
		r := rightRequest(t)
		to(base + tt.path)(r)
		r.Method = tt.method
		got := &recordingT{}
		resp, err := c.Transport(got, tt.response).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		text := ""
		if len(got.violations) > 0 {
			text = got.violations[0].String()
		}
		if !strings.HasPrefix(text, tt.want) || (tt.want == "") != (text == "") {
			t.Errorf("%s %s: got %q, want %q", tt.method, tt.path, text, tt.want)
		}
	}
	if got := len(c.Coverage().Responses); got != 11 {
		t.Errorf("got %d documented responses, want 11", got)
	}
}

func TestLoadNeedsComponents(t *testing.T) {
	t.Parallel()
	const text = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/x":{"delete":{"responses":{"202":{"description":"d"}}}}}`
	for want, data := range map[string]string{
		"no components":  text + `}`,
		"0 alternatives": text + `,"components":{}}`,
	} {
		if _, err := load([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

func TestStrictNeedsAnErrorSchema(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(string(openapi.Overlaid()), `schemas/Error`, `schemas/Problem`)
	text = strings.Replace(text, `"Error": {`, `"Problem": {`, 1)
	if _, err := newChecker([]byte(text), config{}); err != nil {
		t.Error(err)
	}
	if _, err := newChecker([]byte(text), config{strict: true}); err == nil || !strings.Contains(err.Error(), "schema Error") {
		t.Errorf("got error %v, want one about the schema", err)
	}
}

// A schema that refers to itself must not hang the loader.
func TestLoadRecursiveSchemas(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(openapi.Overlaid()), `"properties": {`, `"properties": {"cause": {"$ref": "#/components/schemas/Error"},`, 1)
	if _, err := load([]byte(text)); err != nil {
		t.Error(err)
	}
}
