package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// originYuno is the origin of a copy of Yuno's own file.
const originYuno = "Yuno"

// A record is the origin of a vendored specification: an entry of SOURCE.json.
type record struct {
	// File is the vendored file, relative to the folder of SOURCE.json.
	File string `json:"file"`
	// Origin is the author: "Yuno", or this project for a description of its own.
	Origin string `json:"origin"`
	// Page is the address of the documentation page; empty for a description of
	// this project.
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

// name is the name of the record's operation: its file without folder and ending.
func (r record) name() string { return strings.TrimSuffix(path.Base(r.File), ".json") }

// path is the vendored file, relative to the root of the checkout.
func (r record) path() string { return path.Join(path.Dir(recordPath), r.File) }

// describe completes a record with what a specification says about itself. It is
// given as a tree and as the bytes that will be vendored.
func (r record) describe(root *yaml.Node, specification []byte) record {
	r.Title, r.Version, r.OpenAPI = text(root, "info", "title"), text(root, "info", "version"), text(root, "openapi")
	r.SHA256 = digest(specification)
	return r
}

// sources is SOURCE.json. Entries that are not updated stay as they are.
type sources struct {
	Specifications []json.RawMessage `json:"specifications"`
}

// readRecords returns the records of all vendored specifications, and the file that
// contains them.
func readRecords(root string) ([]record, sources, error) {
	var all sources
	path := filepath.Join(root, recordPath)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, all, err
	}
	if err := json.Unmarshal(content, &all); err != nil {
		return nil, all, fmt.Errorf("%s: %w", path, err)
	}
	records := make([]record, len(all.Specifications))
	for i, entry := range all.Specifications {
		if err := json.Unmarshal(entry, &records[i]); err != nil {
			return nil, all, fmt.Errorf("%s: %w", path, err)
		}
	}
	return records, all, nil
}

// with returns the new content of SOURCE.json, with the entry at i replaced.
func (all sources) with(i int, r record) ([]byte, error) {
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
