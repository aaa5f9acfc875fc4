package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// A record is SOURCE.json: the origin of the vendored specification.
type record struct {
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

func (r record) encode() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// recordedPage is the address of the page in SOURCE.json.
func recordedPage(root string) (string, error) {
	path := filepath.Join(root, recordPath)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the address of the page: %w; or set --page", err)
	}
	var old record
	if err := json.Unmarshal(text, &old); err != nil {
		return "", fmt.Errorf("reading the address of the page from %s: %w; or set --page", path, err)
	}
	return old.Page, nil
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
