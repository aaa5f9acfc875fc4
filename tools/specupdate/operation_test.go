package main

import (
	"strings"
	"testing"
)

func TestOperationIs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		a, b operation
		want bool
	}{
		{"SamePath", operation{"get", "/customers/{customer_id}", "a"}, operation{"get", "/customers/{id}", "b"}, true},
		{"VersionInThePath", operation{"get", "/v1/customers", "a"}, operation{"get", "/customers", "b"}, true},
		{"QueryInThePath", operation{"get", "/customers?merchant_customer_id={id}", "a"}, operation{"get", "/customers", "b"}, true},
		{"SameName", operation{"get", "/people", "retrieveCustomer"}, operation{"get", "/customers/{id}", "retrieve-customer"}, true},
		{"OtherMethod", operation{"delete", "/customers/{id}", "a"}, operation{"get", "/customers/{id}", "a"}, false},
		{"OtherPath", operation{"get", "/customers", "a"}, operation{"get", "/customers/{id}", "b"}, false},
		{"NoNames", operation{"get", "/a", ""}, operation{"get", "/b", ""}, false},
	}
	for _, c := range cases {
		if got := c.a.is(c.b); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

// retrieve is a file with the operations that a test names, as Yuno might publish it.
func retrieve(t *testing.T, operations ...string) string {
	t.Helper()
	all := map[string]string{
		"get":      "  /v1/customers/{id}:\n    get: {operationId: getCustomer, parameters: [{in: path, name: id, required: true, schema: {type: string}}], responses: {200: {description: ok}}}\n",
		"external": "  /v1/customers:\n    get: {operationId: getByExternalId, responses: {200: {description: ok}}}\n",
		"other":    "  /v1/payments:\n    get: {responses: {200: {description: ok}}}\n",
	}
	document := "openapi: 3.1.0\ninfo: {title: Customers, version: 3.0.0}\nservers: [{url: 'https://api-sandbox.y.uno'}]\npaths:\n"
	for _, name := range operations {
		document += all[name]
	}
	return writeTemp(t, "customers.yaml", document)
}

// The file says which operation it is about. If it describes several, the caller does.
func TestChoose(t *testing.T) {
	t.Parallel()
	const want = ": want one of delete-customer (DELETE /customers/{customer_id}), retrieve-customer (GET /customers/{customer_id}), " +
		"retrieve-customer-by-external-id (GET /customers)"
	cases := []struct {
		name, operation string
		describes       []string
		want, fails     string
	}{
		{name: "OneOfThem", describes: []string{"get"}, want: "retrieve-customer"},
		{name: "OneBesideOthers", describes: []string{"external", "other"}, want: "retrieve-customer-by-external-id"},
		{name: "Named", operation: "retrieve-customer", describes: []string{"get", "external", "other"}, want: "retrieve-customer"},
		{
			name: "Several", describes: []string{"get", "external"},
			fails: "describes several operations that are vendored: retrieve-customer, retrieve-customer-by-external-id. Try: name one with OPERATION= (--operation)",
		},
		{name: "NoneOfThem", describes: []string{"other"}, fails: "describes no operation that is vendored" + want},
		{name: "UnknownName", operation: "payments", describes: []string{"get"}, fails: `operation "payments" is not vendored` + want},
		{name: "NamedAndGone", operation: "delete-customer", describes: []string{"get"}, fails: "the operation is gone: no DELETE /customers/{customer_id}, and none named delete-customer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			candidate, err := prepare(pinnedRoot(t), retrieve(t, c.describes...), c.operation)
			if c.fails != "" {
				if err == nil || !strings.HasSuffix(err.Error(), "customers.yaml: "+c.fails) {
					t.Errorf("got %v\nwant %s", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := candidate.was.name(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := strings.Join(candidate.report.LeftOut, "; "); len(c.describes) > 1 && !strings.Contains(got, "paths: /v1/") {
				t.Errorf("left out %q", got)
			}
		})
	}
}

// ownRetrieve is Yuno's file of an operation that this project described: the same
// contract, with a title of its own and one server more.
func ownRetrieve(t *testing.T) string {
	t.Helper()
	content := read(t, pinnedFiles, "openapi/customers/retrieve-customer.json")
	for _, e := range []edit{
		{`"title": "Retrieve a customer"`, `"title": "customers"`},
		{`"servers": [`, `"servers": [{"url": "https://api.us.y.uno/v1"},`},
	} {
		if !strings.Contains(content, e.old) {
			t.Fatalf("the file does not contain %q", e.old)
		}
		content = strings.Replace(content, e.old, e.new, 1)
	}
	return writeTemp(t, "retrieve-customer.json", content)
}

// Yuno's own file replaces a description by this project, and its entry says so.
func TestUpdateReplacesADescription(t *testing.T) {
	t.Parallel()
	root := checkout(t)
	code, stdout, stderr := update(t, root, ownRetrieve(t), "--date", "2026-09-01")
	expectRefusal(t, code, stdout, stderr, "the page of retrieve-customer is not recorded yet. Try: give its address with PAGE= (--page)")

	before := snapshot(t, root)
	code, stdout, stderr = update(t, root, ownRetrieve(t), "--date", "2026-09-01", "--page", "https://example.com/page")
	if code != exitOK { // its schemas keep their names, and so do the Go types
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	const notice = "openapi/customers/retrieve-customer.json is a description by this project. The report says where the new file differs from it; an update replaces it.\n"
	if !strings.HasPrefix(stdout, notice) || !strings.Contains(stdout, "servers > https://api.us.y.uno/v1: nothing -> ") {
		t.Errorf("got %s", stdout)
	}
	records, _, err := readRecords(root)
	if err != nil {
		t.Fatal(err)
	}
	want := record{
		File: "customers/retrieve-customer.json", Origin: "Yuno", Page: "https://example.com/page", Title: "customers", Version: "1.0.0", OpenAPI: "3.1.0",
		SHA256: digest([]byte(read(t, root, "openapi/customers/retrieve-customer.json"))), Retrieved: "2026-09-01",
	}
	if records[1] != want {
		t.Errorf("got  %+v\nwant %+v", records[1], want)
	}
	after := snapshot(t, root)
	for _, name := range []string{"delete-customer", "retrieve-customer-by-external-id"} {
		path := "/openapi/customers/" + name + ".json"
		if before[path] == "" || before[path] != after[path] {
			t.Errorf("%s was written", path)
		}
	}
}
