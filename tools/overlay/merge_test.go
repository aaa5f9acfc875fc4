package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// document is a specification of one operation, with parts to replace.
func document(server, scheme, key, path, method, id, extra string) string {
	return `{"openapi":"3.1.0","info":{"title":"t","version":"1"},
"servers":[{"url":"` + server + `"}],"security":[{"` + scheme + `":[]}],
"paths":{"` + path + `":{"parameters":[{"in":"header","name":"x-` + id + `","schema":{"type":"string"}}],
"` + method + `":{"operationId":"` + id + `","responses":{"200":{"description":"ok"}}}}},
"components":{` + extra + `"securitySchemes":{"` + scheme + `":{"type":"apiKey","in":"header","name":"` + key + `"}}}}`
}

func mergeTexts(t *testing.T, texts ...string) (*openapi3.T, error) {
	t.Helper()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(t.TempDir(), string(rune('a'+i))+".json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return build(nil, paths)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	const sandbox, production = "https://sandbox.example/v1", "https://production.example/v1"
	doc, err := mergeTexts(t,
		document(sandbox, "sec0", "public", "/a/{id}", "delete", "one", ""),
		document(production, "sec0", "private", "/a/{id}", "get", "two", ""))
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Servers) != 2 || doc.Servers[0].URL != sandbox || doc.Servers[1].URL != production {
		t.Errorf("servers %v", doc.Servers)
	}
	one, two := doc.Paths.Value("/a/{id}").Delete, doc.Paths.Value("/a/{id}").Get
	for _, operation := range []*openapi3.Operation{one, two} {
		if len(operation.Parameters) != 1 || operation.Parameters[0].Value.Name != map[string]string{"a": "x-one", "b": "x-two"}[operation.OperationID] {
			t.Errorf("%s has the parameters of the other operation's path, or lost its own", operation.OperationID)
		}
	}
	if one.OperationID != "a" || two.OperationID != "b" {
		t.Errorf("operations are named %s and %s, want the names of their files", one.OperationID, two.OperationID)
	}
	// Both call their key sec0, and mean different keys.
	if _, ok := doc.Security[0]["header-public"]; !ok || one.Security != nil {
		t.Errorf("delete asks for %v", doc.Security)
	}
	if two.Security == nil || (*two.Security)[0]["header-private"] == nil {
		t.Errorf("get asks for %v", two.Security)
	}
	if len(doc.Components.SecuritySchemes) != 2 {
		t.Errorf("security schemes %v", doc.Components.SecuritySchemes)
	}
}

// What a specification writes in its own way must not stop the others.
func TestMergeAlignsForms(t *testing.T) {
	t.Parallel()
	const server = "https://a.example/v1"
	older := strings.Replace(document("https://a.example/", "s", "k", "/v1/a/{id}", "delete", "one", ""), "3.1.0", "3.0.3", 1)
	named := strings.NewReplacer(
		`{"in":"header","name":"x-two"`, `{"in":"path","required":true,"name":"key"`,
		`"get":`, `"servers":[{"url":"https://b.example/v1"}],"get":`,
	).Replace(document(server, "s", "k", "/a/{key}", "get", "two", ""))
	doc, err := mergeTexts(t, older, named)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != server {
		t.Errorf("servers %v, want the version of the path in their address", doc.Servers)
	}
	trace := doc.Paths.Value("/a/{id}").Delete.Parameters.GetByInAndName("header", "x-one")
	if pointer, ok := trace.Extensions["x-go-type-skip-optional-pointer"].(bool); pointer || !ok {
		t.Error("an optional parameter is no pointer, so it would always be sent")
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s, want the newest of the specifications", doc.OpenAPI)
	}
	item := doc.Paths.Value("/a/{id}")
	if doc.Paths.Len() != 1 || item.Get == nil || item.Get.Parameters.GetByInAndName("path", "id") == nil {
		t.Fatalf("paths %v", doc.Paths)
	}
	if item.Get.Servers == nil || (*item.Get.Servers)[0].URL != "https://b.example/v1" {
		t.Error("the servers of the path are lost")
	}
}

func TestMergeKeepsOneOfEqualSchemas(t *testing.T) {
	t.Parallel()
	const schema = `"schemas":{"Customer":{"type":"string"}},`
	doc, err := mergeTexts(t,
		document("https://a.example/v1", "s", "k", "/a", "get", "one", schema),
		document("https://a.example/v1", "s", "k", "/b", "get", "two", schema))
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Components.Schemas) != 1 || len(doc.Servers) != 1 || doc.Paths.Value("/b").Get.Security != nil {
		t.Errorf("something equal was kept twice: %v", doc)
	}
}

func TestMergeRejects(t *testing.T) {
	t.Parallel()
	const server = "https://a.example/v1"
	one := document(server, "s", "k", "/a", "get", "one", `"schemas":{"Customer":{"type":"string"}},`)
	for name, c := range map[string]struct{ other, want string }{
		"SameOperation":   {document(server, "s", "k", "/a", "get", "two", ""), "b.json: GET /a is in an earlier specification too"},
		"TwoOperations":   {strings.Replace(one, `"get":`, `"put":{"responses":{}},"get":`, 1), "b.json: has 2 operations, want one"},
		"OtherBasePath":   {document("https://a.example/v2", "s", "k", "/b", "get", "two", ""), `b.json: base path "/v2" differs from "/v1"`},
		"DifferentSchema": {document(server, "s", "k", "/b", "get", "two", `"schemas":{"Customer":{"type":"object"}},`), `b.json: schema "Customer" differs`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := mergeTexts(t, one, c.other); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
