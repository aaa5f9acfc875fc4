package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const listed = `{
  "specifications": [
    {
      "file": "customers/delete-customer.json",
      "origin": "Yuno",
      "page": "https://example.com/page",
      "title": "a",
      "version": "1",
      "openapi": "3.1.0",
      "sha256": "0",
      "retrieved": "2026-08-31"
    },
    {
      "file": "customers/retrieve-customer.json",
      "facts": ["A page"],
      "title": "<b>"
    }
  ]
}
`

// An update of one file leaves the records of the others as they are.
func TestRecords(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	mustWrite(t, filepath.Join(root, recordPath), listed)
	records, all, err := readRecords(root)
	if err != nil {
		t.Fatal(err)
	}
	first := records[0]
	if first.File != "customers/delete-customer.json" || first.Origin != "Yuno" || first.Page != "https://example.com/page" {
		t.Errorf("got %+v", first)
	}
	if got := records[1]; got.name() != "retrieve-customer" || got.path() != "openapi/customers/retrieve-customer.json" {
		t.Errorf("got name %s and path %s", got.name(), got.path())
	}
	first.Version = "2"
	got, err := all.with(0, first)
	if err != nil {
		t.Fatal(err)
	}
	var before, after any
	if err := json.Unmarshal([]byte(strings.Replace(listed, `"version": "1"`, `"version": "2"`, 1)), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &after); err != nil {
		t.Fatal(err)
	}
	if mustJSON(t, before) != mustJSON(t, after) {
		t.Errorf("got %s", got)
	}
}

func TestReadRecordsFails(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"specifications": [1]}`: "cannot unmarshal",
		`[`:                       "unexpected end of JSON input",
	} {
		root := t.TempDir()
		mustWrite(t, filepath.Join(root, recordPath), content)
		if _, _, err := readRecords(root); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), recordPath) {
			t.Errorf("%s: got %v", content, err)
		}
	}
	if _, _, err := readRecords(t.TempDir()); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
