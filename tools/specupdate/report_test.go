package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An edit replaces text of the pinned page; the old text must occur in it.
type edit struct{ old, new string }

// codeSchema is the schema of the property code.
const codeSchema = "                  code:\n                    type: string\n                    example: NOT_FOUND\n"

// reports are updates with a golden report each, testdata/<name>.txt. Code is
// generated only where generate is set, because that takes seconds.
var reports = []struct {
	name     string
	edits    []edit
	breaking bool
	generate bool // also compare package api
}{
	{name: "unchanged"},
	{name: "example_and_title_only", edits: []edit{
		{"title: payment-api-create-payment-back-to-back", "title: customer-api"},
		{"example: NOT_FOUND", "example: CUSTOMER_NOT_FOUND"},
		{"- Invalid request\n", "- The request is invalid\n"},
	}},
	{name: "success_202_to_204", breaking: true, generate: true, edits: []edit{{"'202'", "'204'"}}},
	{name: "new_required_header", breaking: true, edits: []edit{{"        - in: path\n", "        - in: header\n          name: x-reason\n          required: true\n          schema:\n            type: string\n        - in: path\n"}}},
	{name: "new_optional_header", edits: []edit{{"        - in: path\n", "        - in: header\n          name: x-reason\n          schema:\n            type: string\n        - in: path\n"}}},
	{name: "header_became_optional", breaking: true, edits: []edit{{"MIN 36).\n          required: true", "MIN 36).\n          required: false"}}},
	{name: "removed_400", breaking: true, edits: []edit{cutTo("        '400':", "components:")}},
	{name: "code_retyped", breaking: true, edits: []edit{{"                  code:\n                    type: string\n                    example: NOT_FOUND", "                  code:\n                    type: integer"}, {"code: CUSTOMER_NOT_FOUND", "code: 1"}, {"code: INVALID_REQUEST", "code: 2"}}},
	{name: "code_removed", breaking: true, edits: []edit{{"                  code:\n                    type: string\n                    example: NOT_FOUND\n", ""}}},
	{name: "details_added", edits: []edit{{"                  messages:\n                    type: array", "                  details:\n                    type: string\n                  messages:\n                    type: array"}}},
	{name: "new_404", breaking: true, edits: []edit{{"        '400':", "        '404':\n          description: No such customer\n        '400':"}}},
	{name: "success_gains_body", breaking: true, edits: []edit{{"description: Accepted (body is empty)", "description: Accepted\n          content:\n            application/json:\n              schema:\n                type: object\n                properties:\n                  id:\n                    type: string"}}},
	{name: "server_added", edits: []edit{{"  - url: https://api-sandbox.y.uno/v1\n", "  - url: https://api-sandbox.y.uno/v1\n  - url: https://api.eu.y.uno/v1\n"}}},
	{name: "server_replaced", breaking: true, edits: []edit{{"https://api-sandbox.y.uno/v1", "https://api-sandbox.y.uno/v2"}}},
	{name: "path_renamed", breaking: true, edits: []edit{{"  /customers/{customer_id}:", "  /clients/{customer_id}:"}}},
	{name: "parameter_renamed", breaking: true, edits: []edit{{"  /customers/{customer_id}:", "  /customers/{id}:"}, {"name: customer_id", "name: id"}}},
	{name: "account_header_renamed", breaking: true, edits: []edit{{"name: x-account-code", "name: account-code"}}},
	{name: "key_header_renamed", breaking: true, edits: []edit{{"name: private-secret-key", "name: secret-key"}}},
	{name: "key_no_longer_required", breaking: true, edits: []edit{{"    sec1: []\n", ""}}},
	{name: "operation_id_written_otherwise", edits: []edit{{"operationId: delete-customer", "operationId: deleteCustomer"}}},
	{name: "operation_renamed", generate: true, edits: []edit{{"operationId: delete-customer", "operationId: remove-customer"}}},
	{name: "no_rule_knows", breaking: true, edits: []edit{{"          name: x-account-code\n", "          name: x-account-code\n          explode: true\n"}, {"        - in: path\n", "        - in: header\n          name: x-reason\n          schema:\n            type: string\n        - in: path\n"}}},
	{name: "path_and_parameter_renamed", breaking: true, edits: []edit{{"  /customers/{customer_id}:", "  /clients/{id}:"}, {"name: customer_id", "name: id"}}},
	{name: "security_moved", edits: []edit{{"security:\n  - sec0: []\n    sec1: []\n", ""}, {"      operationId: delete-customer\n", "      operationId: delete-customer\n      security:\n        - sec1: []\n          sec0: []\n"}}},
	// Harmless for the contract, but not for Go code.
	{name: "go_response_header", breaking: true, generate: true, edits: []edit{{"          description: Customer not found\n", "          description: Customer not found\n          headers:\n            X-Trace:\n              schema:\n                type: string\n"}}},
	{name: "go_optional_body", breaking: true, generate: true, edits: []edit{{"      responses:\n", "      requestBody:\n        content:\n          application/json:\n            schema:\n              type: object\n      responses:\n"}}},
	{name: "go_enum", breaking: true, generate: true, edits: []edit{{codeSchema, codeSchema + "                    enum: [AUTHORIZATION_REQUIRED, CUSTOMER_NOT_FOUND, INVALID_CREDENTIALS, INVALID_REQUEST, NOT_FOUND]\n"}}},
	{name: "go_uuid", breaking: true, generate: true, edits: []edit{{codeSchema, codeSchema + "                    format: uuid\n"}}},
	// Harmless for callers, but not for servers.
	{name: "server_max_length", breaking: true, edits: []edit{{codeSchema, codeSchema + "                    maxLength: 50\n"}}},
	{name: "server_other_key", breaking: true, edits: []edit{{"    sec1: []\n", "    sec1: []\n  - sec0: []\n"}}},
	{name: "server_anonymous", breaking: true, edits: []edit{{"    sec1: []\n", "    sec1: []\n  - {}\n"}}},
	// Compared, but refused as an update.
	{name: "refused_code_required", breaking: true, edits: []edit{{"              schema:\n                type: object\n", "              schema:\n                type: object\n                required: [code]\n"}}},
}

// cutTo removes the text from one line to another, by their beginnings.
func cutTo(from, to string) edit {
	page, err := os.ReadFile(filepath.Join(pinnedFiles, "page.md"))
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(page), from)
	cut, _, _ := strings.Cut(rest, to)
	return edit{from + cut, ""}
}

// edited is the pinned page with the edits made.
func edited(t *testing.T, edits ...edit) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(pinnedFiles, "page.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	for _, e := range edits {
		if !strings.Contains(page, e.old) {
			t.Fatalf("the page does not contain %q", e.old)
		}
		page = strings.ReplaceAll(page, e.old, e.new)
	}
	return page
}

// mutate writes the edited page, and returns its path.
func mutate(t *testing.T, edits []edit) string {
	t.Helper()
	return writeTemp(t, "page.md", edited(t, edits...))
}

func TestReports(t *testing.T) {
	t.Parallel()
	for _, m := range reports {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			root := pinnedRoot(t)
			candidate, err := prepare(root, mutate(t, m.edits), "")
			if err != nil {
				t.Fatal(err)
			}
			defer candidate.close()
			if m.generate {
				err = candidate.generate(t.Context(), root)
			} else {
				err = fitsPinned(t, candidate.specification)
			}
			if err != nil {
				candidate.report.Refused = err.Error()
			}
			goldenReport(t, m.name, candidate.report, "text")
			if m.name == "success_202_to_204" { // one report in every format
				goldenReport(t, "markdown", candidate.report, "markdown")
				goldenReport(t, "json", candidate.report, "json")
			}
			if got := candidate.report.Breaking(); got != m.breaking {
				t.Errorf("Breaking() = %v, want %v", got, m.breaking)
			}
		})
	}
}

// A file of a whole API is cut down to the operation and what it needs.
func TestReportOfALargerFile(t *testing.T) {
	t.Parallel()
	candidate, err := prepare(pinnedRoot(t), "testdata/whole-api.yaml", "delete-customer")
	if err != nil {
		t.Fatal(err)
	}
	if err := fitsPinned(t, candidate.specification); err != nil {
		t.Error(err)
	}
	goldenReport(t, "whole-api.report", candidate.report, "text")
	golden(t, "whole-api.vendored", candidate.specification)
}

func goldenReport(t *testing.T, name string, rep report, format string) {
	t.Helper()
	var out bytes.Buffer
	if err := rep.write(&out, format); err != nil {
		t.Fatal(err)
	}
	golden(t, name, out.Bytes())
}

// golden compares with testdata/<name>.txt, or writes it when UPDATE_GOLDEN is set.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n--- got\n%s--- want\n%s(UPDATE_GOLDEN=1 rewrites it)", path, got, want)
	}
}
