package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Places in the pinned specification.
const (
	atPath       = "paths > /customers/{customer_id}"
	atOperation  = atPath + " > delete"
	atParameters = atOperation + " > parameters"
	atAccount    = atParameters + " > 0"
	atID         = atParameters + " > 1"
	atResponses  = atOperation + " > responses"
	at202        = atResponses + " > 202"
	at400        = atResponses + " > 400"
	atJSON       = at400 + " > content > application/json"
	atError      = atJSON + " > schema"
	atCode       = atError + " > properties > code"
	atMessages   = atError + " > properties > messages"
	atSchemes    = "components > securitySchemes"
)

// A step changes a document in place.
type step func(t *testing.T, root *yaml.Node)

// put gives a place a value, written as YAML. The last key may be new; in a list,
// "+" appends and "^" prepends.
func put(at, value string) step {
	return func(t *testing.T, root *yaml.Node) {
		t.Helper()
		parsed, err := parseYAML([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		parent, key := walk(t, root, at)
		switch {
		case parent.Kind == yaml.MappingNode:
			set(parent, key, parsed)
		case key == "+":
			parent.Content = append(parent.Content, parsed)
		case key == "^":
			parent.Content = append([]*yaml.Node{parsed}, parent.Content...)
		default:
			parent.Content[index(t, parent, key)] = parsed
		}
	}
}

// drop removes a place.
func drop(at string) step {
	return func(t *testing.T, root *yaml.Node) {
		t.Helper()
		parent, key := walk(t, root, at)
		if parent.Kind == yaml.MappingNode {
			if field(parent, key) == nil {
				t.Fatalf("nothing at %s", at)
			}
			remove(parent, key)
			return
		}
		i := index(t, parent, key)
		parent.Content = append(parent.Content[:i:i], parent.Content[i+1:]...)
	}
}

// rename gives a key another name.
func rename(at, name string) step {
	return func(t *testing.T, root *yaml.Node) {
		t.Helper()
		parent, key := walk(t, root, at)
		for k := range fields(parent) {
			if k.Value == key {
				k.Value = name
				return
			}
		}
		t.Fatalf("nothing at %s", at)
	}
}

// move takes what is at one place to another.
func move(from, to string) step {
	return func(t *testing.T, root *yaml.Node) {
		t.Helper()
		parent, key := walk(t, root, from)
		value := field(parent, key)
		if parent.Kind == yaml.SequenceNode {
			value = parent.Content[index(t, parent, key)]
		}
		if value == nil {
			t.Fatalf("nothing at %s", from)
		}
		put(to, compactJSON(value))(t, root)
		drop(from)(t, root)
	}
}

// walk returns the parent of a place, and the place's key in it.
func walk(t *testing.T, root *yaml.Node, at string) (parent *yaml.Node, key string) {
	t.Helper()
	path := strings.Split(at, " > ")
	for _, key := range path[:len(path)-1] {
		if root.Kind == yaml.SequenceNode {
			root = root.Content[index(t, root, key)]
			continue
		}
		next := field(root, key)
		if next == nil {
			t.Fatalf("nothing at %q of %s", key, at)
		}
		root = next
	}
	return root, path[len(path)-1]
}

func index(t *testing.T, list *yaml.Node, key string) int {
	t.Helper()
	i, err := strconv.Atoi(key)
	if err != nil || i >= len(list.Content) {
		t.Fatalf("no element %s in a list of %d", key, len(list.Content))
	}
	return i
}

// Verdicts on a mutated specification.
const (
	none    = ""
	client  = "client"
	server  = "server"
	both    = "client and server"
	refused = "refused"
)

// otherForms are mutations that change how the contract is written and not what it
// says.
var otherForms = []struct {
	name  string
	steps []step
}{
	{"unchanged", nil},
	{"title", []step{put("info > title", "customer-api")}},
	{"version", []step{put("info > version", "2.0.0")}},
	{"info in full", []step{put("info > contact", "{name: n, email: a@example.com}"), put("info > license", "{name: l}"), put("info > description", "d")}},
	{"descriptions", []step{put(at202+" > description", "Done"), put(at400+" > description", "Wrong"), put(atAccount+" > description", "d")}},
	{"summaries", []step{put(atPath+" > summary", "s"), put(atOperation+" > summary", "s"), put(atPath+" > description", "d")}},
	{"external docs", []step{put("externalDocs", "{url: 'https://docs.y.uno'}"), put(atOperation+" > externalDocs", "{url: 'https://docs.y.uno'}")}},
	{"jsonSchemaDialect", []step{put("jsonSchemaDialect", "https://spec.openapis.org/oas/3.1/dialect/base")}},
	{"tags", []step{put("tags", "[{name: Customers}]"), put(atOperation+" > tags", "[Customers]")}},
	{"extensions", []step{put("x-a", "{b: 1}"), put(atOperation+" > x-readme", "{code-samples: []}")}},
	{"examples changed", []step{put(atCode+" > example", "CUSTOMER_NOT_FOUND"), put(atMessages+" > example", "[a, b]"), drop(atJSON + " > examples > Bad Request")}},
	{"examples gone", []step{drop(atJSON + " > examples"), drop(atCode + " > example"), drop(atMessages + " > example")}},
	{"patch release", []step{put("openapi", "3.1.1")}},
	{"OpenAPI 3.0", []step{put("openapi", "3.0.3")}},
	{"parameters at the path", []step{put(atPath+" > parameters", "[]"), move(atID, atPath+" > parameters > +")}},
	{"all parameters at the path", []step{move(atParameters, atPath+" > parameters")}},
	{"parameters in another order", []step{move(atAccount, atParameters+" > +")}},
	{"parameters in components", []step{
		put("components > parameters", "{}"), move(atAccount, "components > parameters > A"),
		put(atParameters+" > +", "{$ref: '#/components/parameters/A'}"),
	}},
	{"security at the operation", []step{move("security", atOperation+" > security")}},
	{"security twice", []step{put(atOperation+" > security", "[{sec0: [], sec1: []}]")}},
	{"keys in another order", []step{put("security", "[{sec1: [], sec0: []}]")}},
	{"servers at the operation", []step{move("servers", atOperation+" > servers")}},
	{"servers twice", []step{put(atOperation+" > servers", "[{url: 'https://api-sandbox.y.uno/v1'}]")}},
	{"servers at the path", []step{move("servers", atPath+" > servers")}},
	{"server with a slash", []step{put("servers > 0 > url", "https://api-sandbox.y.uno/v1/")}},
	{"server described", []step{put("servers > 0 > description", "Sandbox")}},
	{"schemes renamed", []step{
		rename(atSchemes+" > sec0", "PublicKey"), rename(atSchemes+" > sec1", "PrivateKey"), put("security", "[{PublicKey: [], PrivateKey: []}]"),
	}},
	{"schemes with names swapped", []step{rename(atSchemes+" > sec0", "x"), rename(atSchemes+" > sec1", "sec0"), rename(atSchemes+" > x", "sec1")}},
	{"scheme described", []step{put(atSchemes+" > sec0 > description", "d"), drop(atSchemes + " > sec1 > x-default")}},
	{"scheme behind a reference", []step{move(atSchemes+" > sec0", atSchemes+" > shared"), put(atSchemes+" > sec0", "{$ref: '#/components/securitySchemes/shared'}")}},
	{"unused scheme", []step{put(atSchemes+" > oauth", "{type: http, scheme: bearer}")}},
	{"schema in components", []step{
		put("components > schemas", "{}"), move(atError, "components > schemas > E"), put(atError, "{$ref: '#/components/schemas/E'}"),
	}},
	{"property in components", []step{
		put("components > schemas", "{}"), move(atCode, "components > schemas > C"), put(atCode, "{$ref: '#/components/schemas/C'}"),
	}},
	{"response in components", []step{
		put("components > responses", "{}"), move(at400, "components > responses > R"), put(at400, "{$ref: '#/components/responses/R'}"),
	}},
	{"path item in components", []step{
		put("components > pathItems", "{}"), move(atPath, "components > pathItems > P"), put(atPath, "{$ref: '#/components/pathItems/P'}"),
	}},
	{"key header in mixed case", []step{put(atSchemes+" > sec0 > name", "Public-Api-Key")}},
	{"style and explode", []step{put(atAccount+" > style", "simple"), put(atAccount+" > explode", "false"), put(atID+" > style", "simple"), put(atID+" > explode", "false")}},
	{"defaults of a parameter", []step{put(atAccount+" > deprecated", "false"), put(atAccount+" > allowEmptyValue", "false")}},
	{"defaults of a schema", []step{
		put(atCode+" > minLength", "0"), put(atCode+" > deprecated", "false"), put(atCode+" > readOnly", "false"), put(atMessages+" > minItems", "0"),
		put(atMessages+" > uniqueItems", "false"), put(atError+" > required", "[]"),
	}},
	{"type as a list", []step{put(atCode+" > type", "[string]")}},
	{"not deprecated", []step{put(atOperation+" > deprecated", "false")}},
	{"version in the path, server without it", []step{rename(atPath, "/v1/customers/{customer_id}"), put("servers > 0 > url", "https://api-sandbox.y.uno")}},
	{"operation id in another case", []step{put(atOperation+" > operationId", "deleteCustomer")}},
	{"another operation id", []step{put(atOperation+" > operationId", "remove-customer")}},
	{"other operations", []step{put(atPath+" > get", "{operationId: get-customer, responses: {200: {description: d}}}"), put("paths > /payments", "{get: {responses: {200: {description: d}}}}")}},
	{"webhooks", []step{put("webhooks", "{w: {post: {responses: {200: {description: d}}}}}")}},
	{"keys of the schema in another order", []step{drop(atError + " > type"), put(atError+" > type", "object")}},
}

// mutations are changes of the contract, each with the verdict on it.
var mutations = []struct {
	name    string
	verdict string
	steps   []step
}{
	// What may be added.
	{"another server", none, []step{put("servers > +", "{url: 'https://api.eu.y.uno/v1'}")}},
	{"another server first", none, []step{put("servers > ^", "{url: 'https://api.eu.y.uno/v1'}")}},
	{"revision of 2026: title, examples, one server more", none, []step{
		put("info > title", "customer-api"), put(atCode+" > example", "INVALID"), put(atMessages+" > example", "[Invalid]"),
		put(atJSON+" > examples > Bad Request > value > code", "BAD"), put("servers > +", "{url: 'https://api.eu.y.uno/v1'}"),
	}},
	{"optional header", none, []step{put(atParameters+" > +", "{in: header, name: x-reason, schema: {type: string}}")}},
	{"optional query parameter", none, []step{put(atParameters+" > +", "{in: query, name: reason, schema: {type: string}}")}},
	{"optional response header", none, []step{put(at400+" > headers", "{X-Request-Id: {schema: {type: string}}}")}},
	{"problem+json beside JSON", none, []step{put(at400+" > content > application/problem+json", "{schema: {type: object}}")}},
	{"optional property", none, []step{put(atError+" > properties > details", "{type: string}")}},
	{"operation deprecated", none, []step{put(atOperation+" > deprecated", "true")}},

	// Paths and names.
	{"path moved", both, []step{rename(atPath, "/clients/{customer_id}")}},
	{"path parameter renamed", server, []step{rename(atPath, "/customers/{id}"), put("paths > /customers/{id} > delete > parameters > 1 > name", "id")}},
	{"operation gone", refused, []step{rename(atOperation, "get"), put(atPath+" > get > operationId", "get-customer")}},
	{"two operations", refused, []step{put("paths > /v2/customers/{customer_id}", "{delete: {responses: {202: {description: d}}}}")}},

	// Servers. One client cannot call operations under several base paths.
	{"base path of the server", refused, []step{put("servers > 0 > url", "https://api-sandbox.y.uno/v2")}},
	{"server with another base path added", refused, []step{put("servers > +", "{url: 'https://api.y.uno/v2'}")}},
	{"server with another base path first", refused, []step{put("servers > ^", "{url: 'https://api.y.uno/v2'}")}},
	{"server of the operation with another base path", both, []step{put(atOperation+" > servers", "[{url: 'https://api-sandbox.y.uno/v1'}, {url: 'https://api-sandbox.y.uno'}]")}},
	{"server replaced", both, []step{put("servers > 0 > url", "https://api.eu.y.uno/v1")}},
	{"no servers", both, []step{drop("servers")}},

	// Security.
	{"key header renamed", both, []step{put(atSchemes+" > sec1 > name", "secret-key")}},
	{"schemes renamed, and one header with them", both, []step{
		rename(atSchemes+" > sec0", "a"), rename(atSchemes+" > sec1", "b"), put(atSchemes+" > b > name", "secret-key"), put("security", "[{a: [], b: []}]"),
	}},
	{"one key fewer", both, []step{put("security", "[{sec0: []}]")}},
	{"one key more", both, []step{put(atSchemes+" > sec2", "{type: apiKey, in: header, name: third}"), put("security", "[{sec0: [], sec1: [], sec2: []}]")}},
	{"bearer token instead", both, []step{put(atSchemes+" > t", "{type: http, scheme: bearer}"), put("security", "[{t: []}]")}},
	{"one key as an alternative", server, []step{put("security", "[{sec0: [], sec1: []}, {sec0: []}]")}},
	{"no key needed", server, []step{put("security > +", "{}")}},
	{"security gone", server, []step{drop("security")}},
	{"key in the query", both, []step{put(atSchemes+" > sec1 > in", "query")}},
	{"scheme not declared", refused, []step{drop(atSchemes + " > sec1")}},

	// Parameters.
	{"required header", both, []step{put(atParameters+" > +", "{in: header, name: x-reason, required: true, schema: {type: string}}")}},
	{"required query parameter", both, []step{put(atParameters+" > +", "{in: query, name: reason, required: true, schema: {type: string}}")}},
	{"account header optional", server, []step{put(atAccount+" > required", "false")}},
	{"account header narrower", both, []step{put(atAccount+" > schema > maxLength", "36")}},
	{"account header with a pattern", both, []step{put(atAccount+" > schema > pattern", "^[0-9a-f-]+$")}},
	{"account header an integer", both, []step{put(atAccount+" > schema > type", "integer")}},
	// The case of a header name does not matter, but an overlay finds this one by name.
	{"account header in upper case", refused, []step{put(atAccount+" > name", "X-Account-Code")}},
	{"account header renamed", refused, []step{put(atAccount+" > name", "account-code")}},
	{"account code in the query", refused, []step{drop(atAccount), put(atParameters+" > +", "{in: query, name: account-code, schema: {type: string}}")}},
	{"path parameter an integer", both, []step{put(atID+" > schema > type", "integer")}},
	{"path parameter limited", both, []step{put(atID+" > schema > maxLength", "10")}},
	{"account header exploded", both, []step{put(atAccount+" > explode", "true")}},
	{"path parameter in another style", both, []step{put(atID+" > style", "label")}},
	{"path parameter not declared", refused, []step{drop(atID)}},

	// Request body.
	{"required request body", both, []step{put(atOperation+" > requestBody", "{required: true, content: {application/json: {schema: {type: object}}}}")}},
	{"optional request body", server, []step{put(atOperation+" > requestBody", "{content: {application/json: {schema: {type: object}}}}")}},
	{"callbacks", refused, []step{put(atOperation+" > callbacks", "{}")}},

	// Responses.
	{"revision of the sandbox: 204 instead of 202", both, []step{rename(at202, "204")}},
	{"204 beside 202", client, []step{put(atResponses+" > 204", "{description: d}")}},
	{"202 gone", both, []step{drop(at202)}},
	{"202 with a body", server, []step{put(at202+" > content", "{application/json: {schema: {type: object}}}")}},
	{"400 gone", refused, []step{drop(at400)}},
	{"404", client, []step{put(atResponses+" > 404", "{description: d}")}},
	{"default response", both, []step{put(atResponses+" > default", "{description: d}")}},
	{"401 that the overlay adds", refused, []step{put(atResponses+" > 401", "{description: d}")}},
	{"text instead of JSON", refused, []step{rename(atJSON, "text/plain")}},
	{"400 without a body", refused, []step{drop(at400 + " > content")}},

	// Error body.
	{"revision of the sandbox: code, message and details", refused, []step{
		put(atError+" > properties", "{code: {type: string}, message: {type: string}, details: {type: array, items: {type: string}}}"), drop(atJSON + " > examples"),
	}},
	{"revision of a web page: error around code and message", refused, []step{
		put(atError+" > properties", "{error: {type: object, properties: {code: {type: string}, message: {type: string}}}}"), drop(atJSON + " > examples"),
	}},
	{"type beside code, message and details", none, []step{
		put(atError+" > properties > type", "{type: string}"), put(atError+" > properties > message", "{type: string}"), put(atError+" > properties > details", "{type: array, items: {type: string}}"),
	}},
	// The overlay gives every operation the error body of delete-customer, which then
	// contradicts the examples of the others.
	{"code a number", refused, []step{put(atCode, "{type: integer}"), drop(atJSON + " > examples")}},
	{"code gone", refused, []step{drop(atCode)}},
	{"messages gone", refused, []step{drop(atMessages)}},
	{"messages a string", refused, []step{put(atMessages, "{type: string}"), drop(atJSON + " > examples")}},
	{"code may be null", client, []step{put(atCode+" > type", "[string, 'null']")}},
	{"code limited", server, []step{put(atCode+" > maxLength", "40")}},
	{"code listed", server, []step{put(atCode+" > enum", "[AUTHORIZATION_REQUIRED, CUSTOMER_NOT_FOUND, INVALID_CREDENTIALS, INVALID_REQUEST, NOT_FOUND]")}},
	{"required response header", server, []step{put(at400+" > headers", "{X-Request-Id: {required: true, schema: {type: string}}}")}},
	{"response header required", server, []step{put(at202+" > headers", "{X-Request-Id: {required: true, schema: {type: string}}}")}},
	{"array of errors", refused, []step{put(atError, "{type: array, items: {type: object}}"), drop(atJSON + " > examples")}},

	// Documents that are not taken.
	{"OpenAPI 2", refused, []step{put("openapi", "2.0")}},
	{"OpenAPI 3.2", refused, []step{put("openapi", "3.2.0")}},
	{"Go type in the schema", refused, []step{put(atCode+" > x-go-type", "int")}},
	{"reference to nothing", refused, []step{put(atError, "{$ref: '#/components/schemas/Gone'}")}},
	{"reference to a file", refused, []step{put(at400, "{$ref: 'errors.json#/NotFound'}")}},
	{"unknown type", refused, []step{put(atCode+" > type", "text")}},
	{"example that is wrong", refused, []step{put(atJSON+" > examples > Bad Request > value > code", "1")}},
	{"another provider's servers", both, []step{put("servers", "[{url: 'https://api.example.com/v1'}]")}},
}

// pinnedDocument returns the pinned specification with the steps made.
func pinnedDocument(t *testing.T, steps ...step) *yaml.Node {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(pinnedFiles, vendoredPath))
	if err != nil {
		t.Fatal(err)
	}
	root, err := parseJSON(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		s(t, root)
	}
	return root
}

// fitsPinned reports whether the overlays fit a specification of delete-customer,
// merged with the other pinned operations.
func fitsPinned(t *testing.T, specification []byte) error {
	t.Helper()
	root, dir := pinnedRoot(t), t.TempDir()
	if err := copyTree(filepath.Join(root, "openapi/customers"), filepath.Join(dir, "openapi/customers")); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(dir, vendoredPath), string(specification))
	merge := exec.CommandContext(t.Context(), "sh", "-c", `"$GENERATORS/overlay" -o merged.json openapi/customers/*.json`)
	merge.Dir = dir
	if output, err := merge.CombinedOutput(); err != nil {
		return errors.New(firstError(string(output), err))
	}
	merged, err := os.ReadFile(filepath.Join(dir, "merged.json"))
	if err != nil {
		t.Fatal(err)
	}
	return fits(root, merged)
}

// judge returns the verdict on a document, and its report as text.
func judge(t *testing.T, root *yaml.Node) (verdict, rep string) {
	t.Helper()
	was, err := take(pinnedDocument(t), deleteCustomer)
	if err != nil {
		t.Fatal(err)
	}
	now, err := take(root, deleteCustomer)
	if err != nil {
		return refused, err.Error()
	}
	r, err := compare(was, now)
	if err != nil {
		return refused, err.Error()
	}
	if err := fitsPinned(t, encodeJSON(now.root)); err != nil {
		return refused, err.Error() + "\n" + r.render(plainText)
	}
	var sides []string
	clients, servers := r.sides()
	if clients {
		sides = append(sides, client)
	}
	if servers {
		sides = append(sides, server)
	}
	return strings.Join(sides, " and "), r.render(plainText)
}

func TestOtherForms(t *testing.T) {
	t.Parallel()
	for _, f := range otherForms {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if verdict, rep := judge(t, pinnedDocument(t, f.steps...)); verdict != none {
				t.Errorf("got verdict %q\n%s", verdict, rep)
			}
		})
	}
}

func TestMutations(t *testing.T) {
	t.Parallel()
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if verdict, rep := judge(t, pinnedDocument(t, m.steps...)); verdict != m.verdict {
				t.Errorf("got verdict %q, want %q\n%s", verdict, m.verdict, rep)
			}
		})
	}
}

func TestOtherProviderComesFirst(t *testing.T) {
	t.Parallel()
	_, rep := judge(t, pinnedDocument(t, put("servers", "[{url: 'https://api.example.com/v1'}]")))
	if want := "This document may be another provider's: its servers (https://api.example.com/v1) are not at y.uno.\n"; !strings.HasPrefix(rep, want) {
		t.Errorf("got %s", rep)
	}
}
