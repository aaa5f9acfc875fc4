package contract

import (
	"strings"
	"testing"
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

// The embedded contract, which specifications of the future change, has this operation.
func TestNewEmbedded(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]Option{nil, {WithStrict()}} {
		c, err := New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		r := rightRequest(t)
		if got := append(c.JudgeRequest(r), c.JudgeResponse(r, Response{StatusCode: 202})...); len(got) > 0 {
			t.Errorf("got %v", got)
		}
	}
}

func TestNewDocumentedStatuses(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]Option{
		"202, 400, 401, 403, 500 or 504":                nil,
		"202, 400, 401, 403, 405, 429, 500, 503 or 504": {WithStrict()},
	} {
		if got := mustNew(t, opts...).doc.find("DELETE", "/customers/{customer_id}").statuses; got != want {
			t.Errorf("got statuses %s, want %s", got, want)
		}
	}
}

func TestNewOperation(t *testing.T) {
	t.Parallel()
	doc := mustNew(t).doc
	if got, want := strings.Join(doc.keyHeaders, " "), secretHeader+" "+publicHeader; got != want {
		t.Errorf("got key headers %s, want %s", got, want)
	}
	op := doc.find("DELETE", "/customers/{customer_id}")
	if op == nil || op.id != "delete-customer" {
		t.Errorf("got operation %v, want delete-customer", op)
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

// invalidDocuments are the contract with old replaced by new, and what the error of loading
// it contains.
var invalidDocuments = []struct{ name, old, new, want string }{
	{"VersionMissing", `"openapi": "3.1.0",`, ``, "invalid"},
	{"NotJSON", `"openapi"`, `{openapi`, "reading document"},
	{"TitleMissing", `"title": "payment-api-create-payment-back-to-back",`, ``, "invalid"},
	{"NoPaths", `"delete": {`, `"x-delete": {`, "no operation"},
	{"OperationOfAnotherKind", `"delete": {`, `"delete": [], "x-delete": {`, "reading document"},
	{"ReferenceElsewhere", `"$ref": "#/components/schemas/Error"`, `"$ref": "other.json"`, "reading document"},
	{"ServerURL", `"url": "https://api-sandbox.y.uno/v1"`, `"url": "https://api-sandbox.y.uno:x/v1"`, "server URL"},
}

func TestNewRejectsInvalidDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range invalidDocuments {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := string(fixture(t, "one-operation.json"))
			if !strings.Contains(text, tt.old) {
				t.Fatalf("the document has no %s", tt.old)
			}
			_, err := New(WithDocument([]byte(strings.ReplaceAll(text, tt.old, tt.new))))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %s", err, tt.want)
			}
		})
	}
	if _, err := New(WithDocument(nil)); err == nil || !strings.Contains(err.Error(), "document: empty") {
		t.Errorf("got error %v, want one about an empty document", err)
	}
}

// loadText is load for a document that was not parsed yet.
func loadText(data []byte) (*document, error) {
	p, err := parse(data)
	if err != nil {
		return nil, err
	}
	return load(p)
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"one-operation.json", "one-operation.strict.json", "shop.yaml"} {
		f.Add(fixture(f, name))
	}
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/x":{"get":{"responses":{"200":{"content":{"application/json":{}}}}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := loadText(data)
		if err == nil && len(d.operations) == 0 {
			t.Error("a document without operations was loaded")
		}
	})
}

func TestOperationsWithoutAnIDAreNamedByMethodAndPath(t *testing.T) {
	t.Parallel()
	d, err := loadText([]byte(strings.Replace(string(fixture(t, "one-operation.json")), `"operationId": "delete-customer",`, ``, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.operations[0].id, "DELETE /customers/{customer_id}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// severalOperations is the strict contract with three more operations.
func severalOperations(t testing.TB) []byte {
	text := strings.Replace(string(fixture(t, "one-operation.strict.json")), `"paths": {`, `"paths": {
		"/items": {"get": {
			"operationId": "list-items",
			"parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer"}}],
			"responses": {"200": {"description": "d", "content": {"application/xml": {"schema": {"type": "string"}}}}}
		}},
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
	c, err := New(WithDocument(severalOperations(t)), WithStrict())
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
	if got := len(c.Coverage().Responses); got != 12 {
		t.Errorf("got %d documented responses, want 12", got)
	}
}

func TestStrictNeedsAnErrorSchema(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(string(fixture(t, "one-operation.json")), `schemas/Error`, `schemas/Problem`)
	text = strings.Replace(text, `"Error": {`, `"Problem": {`, 1)
	if _, err := New(WithDocument([]byte(text))); err != nil {
		t.Error(err)
	}
	if _, err := New(WithDocument([]byte(text)), WithStrict()); err == nil || !strings.Contains(err.Error(), "schema Error") {
		t.Errorf("got error %v, want one about the schema", err)
	}
}

// A schema that refers to itself must not hang the loader.
func TestLoadRecursiveSchemas(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(fixture(t, "one-operation.json")), `"properties": {`, `"properties": {"cause": {"$ref": "#/components/schemas/Error"},`, 1)
	if _, err := loadText([]byte(text)); err != nil {
		t.Error(err)
	}
}

// Checkers share the parsed contract, but neither their counters nor their options.
func TestCheckersAreIndependent(t *testing.T) {
	t.Parallel()
	embedded := func(opts ...Option) *Checker {
		c, err := New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, other := embedded(WithOperations("delete-customer")), embedded(WithBasePath("/elsewhere"))
	one.doc.operations[0].responses["202"].seen.Add(1)
	for _, r := range other.Coverage().Responses {
		if r.Seen > 0 {
			t.Errorf("seen by another Checker: %+v", r)
		}
	}
	if len(one.doc.operations) != 1 || len(other.doc.operations) < 2 {
		t.Errorf("got %d and %d operations", len(one.doc.operations), len(other.doc.operations))
	}
	if one.BasePath() != "/v1" || other.BasePath() != "/elsewhere" {
		t.Errorf("got base paths %q and %q", one.BasePath(), other.BasePath())
	}
	if one.doc.spec != other.doc.spec {
		t.Error("the contract was parsed twice")
	}
	if strict := embedded(WithStrict()); strict.doc.spec == one.doc.spec || strict.doc.errorBody == nil {
		t.Error("the strict contract is the other one")
	}
}
