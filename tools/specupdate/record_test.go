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
func TestRecordInAList(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	mustWrite(t, filepath.Join(root, recordPath), listed)
	old, all, err := readRecord(root)
	if err != nil {
		t.Fatal(err)
	}
	if old.File != vendoredName || old.Origin != "Yuno" || old.Page != "https://example.com/page" {
		t.Errorf("got %+v", old)
	}
	old.Version = "2"
	got, err := old.encode(all)
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

func TestReadRecordFails(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"specifications": [{"file": "customers/other.json"}]}`: "no entry for the file customers/delete-customer.json",
		`{"specifications": [1]}`:                                "cannot unmarshal",
		`[`:                                                      "unexpected end of JSON input",
	} {
		root := t.TempDir()
		mustWrite(t, filepath.Join(root, recordPath), content)
		if _, _, err := readRecord(root); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), recordPath) {
			t.Errorf("%s: got %v", content, err)
		}
	}
	if _, _, err := readRecord(t.TempDir()); !os.IsNotExist(err) {
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
