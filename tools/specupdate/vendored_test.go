package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The pinned file contains what the pinned page contains, nothing added and nothing
// lost. Both are read with other parsers than those of an update.
func TestPinnedFileIsThePagesBlock(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(pinnedFiles, "page.md"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := readPage(page)
	if err != nil {
		t.Fatal(err)
	}
	var fromPage, pinned any
	if err := yaml.Unmarshal(found.block.content, &fromPage); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(pinnedFiles, vendoredPath))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &pinned); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromPage, pinned) {
		t.Errorf("the page contains\n%v\nthe file contains\n%v", fromPage, pinned)
	}

	// Byte for byte what an update from the page writes, keys in its order.
	candidate, err := prepare(pinnedRoot(t), filepath.Join(pinnedFiles, "page.md"), "")
	if err != nil {
		t.Fatal(err)
	}
	if string(candidate.specification) != string(text) {
		t.Error("an update from the page would write another file")
	}
}

// An update from a vendored file itself changes nothing, whatever it contains and
// whatever its origin.
func TestVendoredFilesAreStable(t *testing.T) {
	t.Parallel()
	records, _, err := readRecords(projectRoot)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		path := filepath.Join(projectRoot, r.path())
		candidate, err := prepare(projectRoot, path, "")
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(candidate.specification) != string(want) {
			t.Errorf("an update from %s would write another file", r.File)
		}
		if rep := candidate.report; len(rep.Differences) > 0 || len(rep.Changes) > 0 || rep.Rewritten {
			t.Errorf("%s differs from itself: %+v", r.File, rep)
		}
	}
}

// The overlays fit the merged specifications of the checkout.
func TestOverlaysFit(t *testing.T) {
	t.Parallel()
	s := stage{dir: t.TempDir(), root: pinnedRoot(t)}
	merged, err := s.merge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := fits(s.root, merged); err != nil {
		t.Error(err)
	}
}
