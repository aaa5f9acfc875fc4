package contract

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// An exchange is a request and the response to it.
type exchange struct {
	name         string
	method, path string
	header       http.Header
	body         string
	response     Response
	want         string // rules of the client's and of the server's violations
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func responds(status int, body string, pairs ...string) Response {
	return Response{StatusCode: status, Header: header(pairs...), Body: []byte(body)}
}

func (x exchange) request(t testing.TB) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), x.method, "https://host"+x.path, strings.NewReader(x.body))
	if x.body == "" {
		r.Body = http.NoBody
	}
	r.Header = x.header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	return r
}

func rulesOf(violations []Violation) string {
	var list []string
	for _, v := range violations {
		list = append(list, string(v.Rule))
	}
	return strings.Join(list, " ")
}

const jsonMedia = "application/json"

var shopExchanges = []exchange{
	{"Item", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia, "ETag", "1"), ""},
	{"ItemAtTheOtherServer", "GET", "/eu/v2/items/7", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia, "ETag", "1"), ""},
	{"ItemAtTheServerOfThePath", "GET", "/reports/items", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia), "request-path"},
	{"ParameterOfThePath", "GET", "/v1/items/x", header("X-Key", "k"), "", responds(400, `{"title":"t"}`, "Content-Type", "application/problem+json"), "request-path-parameter"},
	{"ParameterOfThePathAndAccepted", "GET", "/v1/items/x", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia, "ETag", "1"), "request-path-parameter response-accepted"},
	{"OptionalHeaderOfThePath", "GET", "/v1/items/7", header("X-Key", "k", "X-Trace", "no"), "", responds(400, `{"title":"t"}`, "Content-Type", jsonMedia), "request-header-schema"},
	{"ResponseHeaderMissing", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia), "response-header"},
	{"ResponseHeaderWrong", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia, "ETag", "x"), "response-header"},
	{"OptionalResponseHeaderWrong", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(200, `{"id":7}`, "Content-Type", jsonMedia, "ETag", "1", "X-Left", "x"), "response-header"},
	{"Range", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(404, `{"title":"t"}`, "Content-Type", jsonMedia), ""},
	{"RangeWithAnotherType", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(404, `{"title":"t"}`, "Content-Type", "application/problem+json; charset=utf-8"), ""},
	{"RangeWithAnUndocumentedType", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(404, `{"title":"t"}`, "Content-Type", "text/html"), "response-content-type"},
	{"Redirect", "GET", "/v1/items/7", header("X-Key", "k"), "", responds(307, ""), "response-status"},
	{"Default", "DELETE", "/v1/items/7", header("Authorization", "Bearer t"), "", responds(307, `x`, "Content-Type", "text/plain"), ""},
	{"DefaultWithALongText", "DELETE", "/v1/items/7", header("Authorization", "Bearer t"), "", responds(500, `xxxx`, "Content-Type", "text/plain"), "response-schema"},
	{"NoKey", "GET", "/v1/items/7", nil, "", responds(401, `{"title":"t"}`, "Content-Type", jsonMedia), "request-key-missing"},
	{"KeyInTheQuery", "GET", "/v1/items/7?key=k", nil, "", responds(200, `{"id":7}`, "Content-Type", jsonMedia, "ETag", "1"), ""},
	{"KeyOfOtherScheme", "DELETE", "/v1/items/7", header("Authorization", "Basic t"), "", responds(202, ""), "request-key-missing response-accepted"},
	{"KeyTwice", "DELETE", "/v1/items/7", http.Header{"Authorization": {"Bearer t", "Bearer u"}}, "", responds(401, "x", "Content-Type", "text/plain"), "request-key-repeated"},
	{"Public", "GET", "/v1/items", nil, "", responds(200, `[]`, "Content-Type", jsonMedia), ""},
	{"Query", "GET", "/v1/items?limit=3&tag=a&tag=b", nil, "", responds(200, `[{"id":1}]`, "Content-Type", jsonMedia), ""},
	{"QueryWrong", "GET", "/v1/items?limit=many", nil, "", responds(400, `{"title":"t"}`, "Content-Type", jsonMedia), "request-query-parameter"},
	{"QueryTwice", "GET", "/v1/items?limit=1&limit=2", nil, "", responds(200, `[]`, "Content-Type", jsonMedia), "request-query-parameter response-accepted"},
	{"QueryUndocumented", "GET", "/v1/items?page=1", nil, "", responds(200, `[]`, "Content-Type", jsonMedia), "request-query"},
	{"QueryMalformed", "GET", "/v1/items?limit=%zz", nil, "", responds(200, `[]`, "Content-Type", jsonMedia), "request-query"},
	{"Cookie", "GET", "/v1/items", header("Cookie", "view=grid"), "", responds(200, `[]`, "Content-Type", jsonMedia), ""},
	{"CookieWrong", "GET", "/v1/items", header("Cookie", "view=round"), "", responds(400, `{"title":"t"}`, "Content-Type", jsonMedia), "request-cookie"},
	{"XML", "GET", "/v1/items", nil, "", responds(200, `<items/>`, "Content-Type", "application/xml"), ""},
	{"Body", "POST", "/v1/items", header("Content-Type", jsonMedia), `{"id":1}`, responds(201, ""), ""},
	{"BodyMissing", "POST", "/v1/items", nil, "", responds(400, `{"title":"t"}`, "Content-Type", jsonMedia), "request-content"},
	{"BodyMissingAndAccepted", "POST", "/v1/items", nil, "", responds(201, ""), "request-content response-accepted"},
	{"BodyWrong", "POST", "/v1/items", header("Content-Type", jsonMedia), `{"id":"x"}`, responds(400, `{"title":"t"}`, "Content-Type", jsonMedia), "request-content"},
	{"BodyOfAnotherType", "POST", "/v1/items", header("Content-Type", "text/csv"), `id`, responds(400, `{"title":"t"}`, "Content-Type", jsonMedia), "request-content"},
	{"BodyOfTheOtherType", "POST", "/v1/items", header("Content-Type", "application/x-www-form-urlencoded"), `id=1`, responds(201, ""), ""},
	{"BodyUndocumented", "GET", "/v1/items", nil, "x", responds(200, `[]`, "Content-Type", jsonMedia), "request-body"},
	{"Search", "GET", "/v1/items/search", nil, "", responds(200, `{"kind":"a","a":1}`, "Content-Type", jsonMedia), ""},
	{"OneOfNone", "GET", "/v1/items/search", nil, "", responds(200, `{"kind":"c"}`, "Content-Type", jsonMedia), "response-schema"},
	{"LookAhead", "GET", "/v1/lookahead", nil, "", responds(200, `"anything"`, "Content-Type", jsonMedia), ""},
}

func TestAnyDocument(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithDocument(fixture(t, "shop.yaml")))
	for _, x := range shopExchanges {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			r := x.request(t)
			violations := c.JudgeRequest(r)
			violations = append(violations, c.JudgeResponse(x.request(t), x.response)...)
			if got := rulesOf(violations); got != x.want {
				t.Errorf("got %v, want rules %q", violations, x.want)
			}
			if body := new(bytes.Buffer); true {
				if _, err := body.ReadFrom(r.Body); err != nil || body.String() != x.body {
					t.Errorf("the body is %q after judging, error %v; want %q", body, err, x.body)
				}
			}
		})
	}
}

// The verdicts do not depend on whether the exchange passes a handler, a transport or
// neither.
func TestAnyDocumentThroughHandlerAndTransport(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithDocument(fixture(t, "shop.yaml")))
	for _, x := range shopExchanges {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			var received string
			plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := new(bytes.Buffer)
				_, _ = body.ReadFrom(r.Body)
				received = body.String()
				for name, values := range x.response.Header {
					w.Header()[name] = values
				}
				w.WriteHeader(x.response.StatusCode)
				_, _ = w.Write(x.response.Body)
			})
			server, client := &recordingT{}, &recordingT{}
			h := c.Handler(server, plain)
			transport := c.Transport(client, roundTripFunc(func(r *http.Request) (*http.Response, error) {
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				return rec.Result(), nil
			}))
			r := x.request(t)
			body := r.Body
			if _, err := transport.RoundTrip(r); err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(client.violations); got != x.want {
				t.Errorf("client: got %v, want rules %q", client.violations, x.want)
			}
			if got := rulesOf(server.violations); !strings.HasSuffix(x.want, got) {
				t.Errorf("server: got %v, want the end of %q", server.violations, x.want)
			}
			if received != x.body || r.Body != body {
				t.Errorf("the handler received %q, want %q; the request changed: %v", received, x.body, r.Body != body)
			}
		})
	}
}

func TestCoverageOfRangesAndDefault(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithDocument(fixture(t, "shop.yaml")))
	for _, x := range shopExchanges {
		c.JudgeResponse(x.request(t), x.response)
	}
	var seen []string
	for _, r := range c.Coverage().Responses {
		if r.Seen > 0 {
			seen = append(seen, r.Method+" "+r.Path+" "+r.response())
		}
	}
	for _, want := range []string{
		"GET /items/{id} 4XX", "DELETE /items/{id} default", "GET /items 200", "POST /items 201", "GET /items/search 200",
	} {
		if !slices.Contains(seen, want) {
			t.Errorf("%s not seen, only %q", want, seen)
		}
	}
	table := c.Coverage().String()
	for _, want := range []string{"GET /items/{id} 4XX", "DELETE /items/{id} default", "application/json, application/problem+json"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %s:\n%s", want, table)
		}
	}
	if sum := c.Coverage().Merge(c.Coverage()); len(sum.Responses) != len(c.Coverage().Responses) {
		t.Errorf("merged with itself it has %d responses, want %d", len(sum.Responses), len(c.Coverage().Responses))
	}
}

func TestBasePathsOfAllServers(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithDocument(fixture(t, "shop.yaml")))
	if got := c.BasePath(); got != "/v1" {
		t.Errorf("got base path %s, want that of the first server, /v1", got)
	}
	for path, want := range map[string]bool{
		"/v1/items": true, "/us/v2/items": true, "/eu/v2/items": true, "/v3/items": false, "/reports/items": false, "/items": false,
		"/reports/daily": true, "/v1/daily": false, // the path has servers of its own
		"/other/lookahead": true, "/v1/lookahead": true, // as has the operation
	} {
		r := exchange{method: "GET", path: path}.request(t)
		if got := c.JudgeRequest(r); (len(got) == 0) != want {
			t.Errorf("%s: got %v, want it accepted: %v", path, got, want)
		}
	}
	c = mustNew(t, WithDocument(fixture(t, "shop.yaml")), WithBasePath("/x"))
	for path, want := range map[string]bool{"/x/items": true, "/x/daily": true, "/v1/items": false} {
		r := exchange{method: "GET", path: path}.request(t)
		if got := c.JudgeRequest(r); (len(got) == 0) != want {
			t.Errorf("%s under /x: got %v, want it accepted: %v", path, got, want)
		}
	}
}

func TestDocumentWithoutServers(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithDocument([]byte(`{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/":{"get":{"responses":{"204":{"description":"d"}}}}}}`)))
	r := exchange{method: "GET", path: "/"}.request(t)
	if got := append(c.JudgeRequest(r), c.JudgeResponse(r, responds(204, ""))...); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

// Later specifications may use these. The verdicts on the exchanges of the contract stay.
func TestEquivalentDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		replace []string // old and new texts of the fixture, in pairs
	}{
		{"ParametersOfThePath", []string{`"delete": {`, `"parameters": [{"in": "header", "name": "x-account-code", "required": true, "schema": {"type": "string"}},
			{"in": "path", "name": "customer_id", "required": true, "schema": {"type": "string"}}], "delete": {`,
			`"parameters": [`, `"x-parameters": [`}},
		{"SecurityOfTheOperation", []string{`"operationId"`, `"security": [{"sec0": [], "sec1": []}], "operationId"`}},
		{"ServersOfTheOperation", []string{`"operationId"`, `"servers": [{"url": "https://api-sandbox.y.uno/v1"}], "operationId"`}},
		{"ServersOfThePath", []string{`"delete": {`, `"servers": [{"url": "https://api-sandbox.y.uno/v1"}], "delete": {`}},
		{"SummaryOfThePath", []string{`"delete": {`, `"summary": "s", "description": "d", "delete": {`}},
		{"ExternalDocs", []string{`"operationId"`, `"externalDocs": {"url": "https://docs.y.uno"}, "operationId"`}},
		{"Dialect", []string{`"openapi": "3.1.0"`, `"openapi": "3.1.0", "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema"`}},
		{"OptionalResponseHeader", []string{`"description": "Accepted (body is empty)"`, `"description": "d", "headers": {"X-Request-Id": {"schema": {"type": "string"}}}`}},
		{"AnotherMediaType", []string{`"application/json": {`, `"application/problem+json": {"schema": {"type": "object"}}, "application/json": {`}},
		{"OptionalQueryParameter", []string{`"parameters": [`, `"parameters": [{"in": "query", "name": "reason", "schema": {"type": "string"}},`}},
		{"AnotherServerFirst", []string{`"servers": [`, `"servers": [{"url": "https://api.y.uno/v2"},`}},
		{"Webhooks", []string{`"openapi": "3.1.0"`, `"openapi": "3.1.0", "webhooks": {}`}},
		{"Callbacks", []string{`"operationId"`, `"callbacks": {}, "operationId"`}},
		{"WrongExample", []string{`"example": "NOT_FOUND"`, `"example": 404`}},
		{"Version30", []string{`"openapi": "3.1.0"`, `"openapi": "3.0.3"`}},
		{"SchemesRenamed", []string{`sec0"`, `public"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := string(fixture(t, "one-operation.json"))
			for i := 0; i < len(tt.replace); i += 2 {
				if !strings.Contains(text, tt.replace[i]) {
					t.Fatalf("the fixture has no %s", tt.replace[i])
				}
			}
			c := mustNew(t, WithDocument([]byte(strings.NewReplacer(tt.replace...).Replace(text))))
			wantVerdictsOfContract(t, c)
		})
	}
}

func wantVerdictsOfContract(t *testing.T, c *Checker) {
	t.Helper()
	for _, tt := range handlerTests {
		if tt.name == "QueryAndAccepted" || tt.name == "TooLarge" {
			continue
		}
		got := serveEvenIfAborted(t, c, tt.serve, tt.edits)
		if !slices.Equal(got.rules(), tt.bare) {
			t.Errorf("%s: got %v, want %v", tt.name, got.violations, tt.bare)
		}
	}
	for _, m := range clientMutants {
		if m.strict || m.name == "empty query" { // right if a query is documented
			continue
		}
		r := rightRequest(t)
		m.edit(r)
		if violations := c.JudgeRequest(r); !strings.Contains(rulesOf(violations), string(m.rule)) {
			t.Errorf("%s: got %v, want rule %s", m.name, violations, m.rule)
		}
	}
	if got := c.JudgeRequest(rightRequest(t)); len(got) > 0 {
		t.Errorf("right request: got %v", got)
	}
}
