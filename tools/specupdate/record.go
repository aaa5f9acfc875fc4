package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// A record is the origin of the vendored specification: SOURCE.json, or its entry
// there.
type record struct {
	// File and Origin are the vendored file, relative to openapi, and its author.
	// Both are empty if SOURCE.json is a single record.
	File   string `json:"file,omitempty"`
	Origin string `json:"origin,omitempty"`
	// Page is the address of the documentation page.
	Page string `json:"page"`
	// PageTitle is the page's heading; empty when a plain OpenAPI file was taken.
	PageTitle string `json:"page_title,omitempty"`
	// Title, Version and OpenAPI are info.title, info.version and openapi of
	// the specification.
	Title   string `json:"title"`
	Version string `json:"version"`
	OpenAPI string `json:"openapi"`
	// SHA256 is that of the vendored file, in lower-case hexadecimal.
	SHA256 string `json:"sha256"`
	// Retrieved is the day the page was read, YYYY-MM-DD.
	Retrieved string `json:"retrieved"`
}

// newRecord describes a specification, given as a tree and as the bytes that
// will be vendored.
func newRecord(root *yaml.Node, specification []byte, page, pageTitle string, retrieved time.Time) record {
	return record{
		Page:      page,
		PageTitle: pageTitle,
		Title:     text(root, "info", "title"),
		Version:   text(root, "info", "version"),
		OpenAPI:   text(root, "openapi"),
		SHA256:    digest(specification),
		Retrieved: retrieved.Format(time.DateOnly),
	}
}

// sources is SOURCE.json with a record per specification. Its entries stay as they
// are, except the one of the updated file.
type sources struct {
	Specifications []json.RawMessage `json:"specifications"`
}

// vendoredName is the vendored file as a list of sources names it.
const vendoredName = "customers/delete-customer.json"

// index returns the place of the vendored file's entry.
func (s sources) index() (int, error) {
	for i, entry := range s.Specifications {
		var e struct{ File string }
		if err := json.Unmarshal(entry, &e); err != nil {
			return 0, err
		}
		if e.File == vendoredName {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no entry for the file %s", vendoredName)
}

// readRecord returns the record of the vendored file, and the list that contains
// it. The list is empty if SOURCE.json is a single record.
func readRecord(root string) (record, sources, error) {
	var r record
	var all sources
	path := filepath.Join(root, recordPath)
	content, err := os.ReadFile(path)
	if err != nil {
		return r, all, err
	}
	if err := json.Unmarshal(content, &all); err != nil {
		return r, all, fmt.Errorf("%s: %w", path, err)
	}
	if len(all.Specifications) > 0 {
		i, err := all.index()
		if err != nil {
			return r, all, fmt.Errorf("%s: %w", path, err)
		}
		content = all.Specifications[i]
	}
	if err := json.Unmarshal(content, &r); err != nil {
		return r, all, fmt.Errorf("%s: %w", path, err)
	}
	return r, all, nil
}

// encode returns the new content of SOURCE.json: the record, in its place in the
// list if there is one.
func (r record) encode(all sources) ([]byte, error) {
	if len(all.Specifications) == 0 {
		text, err := json.MarshalIndent(r, "", "  ")
		return append(text, '\n'), err
	}
	i, err := all.index()
	if err != nil {
		return nil, err
	}
	entry, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	all.Specifications = slices.Clone(all.Specifications)
	all.Specifications[i] = entry
	text, err := json.MarshalIndent(all, "", "  ")
	return append(text, '\n'), err
}

// parseDay reads the day of retrieval. Tomorrow is accepted, because of time zones.
func parseDay(s string, now time.Time) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %q is not a day written YYYY-MM-DD", s)
	}
	if day.After(now.AddDate(0, 0, 1)) {
		return time.Time{}, fmt.Errorf("date %q is in the future: want the day on which the file was retrieved", s)
	}
	return day, nil
}
