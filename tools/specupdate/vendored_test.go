package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The vendored file says what the page says, nothing added and nothing lost.
// Both are read with other parsers than those that made the one from the other.
func TestVendoredFileIsThePagesBlock(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(projectRoot, "openapi/testdata/delete-customer-page.md"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := readPage(page)
	if err != nil {
		t.Fatal(err)
	}
	var fromPage, vendored any
	if err := yaml.Unmarshal(found.block.content, &fromPage); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(projectRoot, vendoredPath))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vendored); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromPage, vendored) {
		t.Errorf("the page has\n%v\nvendored is\n%v", fromPage, vendored)
	}

	// Byte for byte what an update from the page would write, keys in its order.
	candidate, err := prepare(t.Context(), projectRoot, filepath.Join(projectRoot, "openapi/testdata/delete-customer-page.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer candidate.close()
	if string(candidate.specification) != string(text) {
		t.Error("an update from the page would write another file")
	}
}
