package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const projectRoot = "../.."

// An edit replaces text of the vendored page; the old text must occur in it.
type edit struct{ old, new string }

// mutations are updates of the specification that have been seen, or that
// somebody will send. The golden report of each is testdata/<name>.txt.
var mutations = []struct {
	name     string
	edits    []edit
	breaking bool   // somebody is broken by it
	format   string // "text" unless given
}{
	{name: "unchanged"},
	{name: "example_and_title_only", edits: []edit{
		{"title: payment-api-create-payment-back-to-back", "title: customer-api"},
		{"example: NOT_FOUND", "example: CUSTOMER_NOT_FOUND"},
		{"- Invalid request\n", "- The request is invalid\n"},
	}},
	{name: "success_202_to_204", breaking: true, edits: []edit{{"'202'", "'204'"}}},
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
	{name: "operation_renamed", breaking: true, edits: []edit{{"operationId: delete-customer", "operationId: remove-customer"}}},
	{name: "no_rule_knows", breaking: true, edits: []edit{{"      operationId: delete-customer\n", "      operationId: delete-customer\n      servers:\n        - url: https://api-sandbox.y.uno/v1\n      deprecated: false\n"}}},
	{name: "markdown", breaking: true, format: "markdown", edits: []edit{{"'202'", "'204'"}}},
	{name: "json", breaking: true, format: "json", edits: []edit{{"'202'", "'204'"}}},
}

// cutTo removes the text from one line to the next that begins so.
func cutTo(from, to string) edit {
	page, err := os.ReadFile(filepath.Join(projectRoot, "openapi/testdata/delete-customer-page.md"))
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(page), from)
	cut, _, _ := strings.Cut(rest, to)
	return edit{from + cut, ""}
}

// mutate writes the vendored page with the edits made, and returns its path.
func mutate(t *testing.T, edits []edit) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(projectRoot, "openapi/testdata/delete-customer-page.md"))
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
	return writeTemp(t, "page.md", page)
}

func writeTemp(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReports(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			format := m.format
			if format == "" {
				format = "text"
			}
			page := mutate(t, m.edits)
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"diff", page, "--root", projectRoot, "--format", format}, &stdout, &stderr); code != exitOK {
				t.Fatalf("exit %d: %s", code, stderr.String())
			}
			golden(t, m.name, stdout.Bytes())

			candidate, err := prepare(projectRoot, page)
			if err != nil {
				t.Fatal(err)
			}
			if got := candidate.report.Breaking(); got != m.breaking {
				t.Errorf("Breaking() = %v, want %v", got, m.breaking)
			}
		})
	}
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
		t.Errorf("%s\n--- got\n%s--- want\n%s(UPDATE_GOLDEN=1 make test writes it anew)", path, got, want)
	}
}
