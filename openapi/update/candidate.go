package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// Where things are, relative to the root of the checkout.
const (
	vendoredPath = "openapi/customers/delete-customer.json"
	recordPath   = "openapi/SOURCE.json"
)

// candidate is a specification that may take the place of the vendored one.
type candidate struct {
	specification []byte // JSON, as it would be vendored
	document      document
	report        report
}

// record is SOURCE.json: where the vendored specification comes from.
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

// prepare reads the file at from, keeps what the operation needs, and compares
// it with what is vendored under root. It writes nothing.
func prepare(root, from string) (*candidate, error) {
	doc, err := readDocument(from)
	if err != nil {
		return nil, err
	}
	if err := validate(doc.root, from); err != nil {
		return nil, err
	}
	taken, err := extract(doc.root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	specification := encodeJSON(taken.root)
	// Extraction must not have broken what was valid.
	if err := validate(taken.root, from+" (what the operation needs of it)"); err != nil {
		return nil, err
	}
	vendored, err := readVendored(root)
	if err != nil {
		return nil, err
	}
	rep, err := compare(vendored, taken)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return &candidate{specification: specification, document: doc, report: rep}, nil
}

// readVendored returns the operation that is vendored now.
func readVendored(root string) (*extraction, error) {
	path := filepath.Join(root, vendoredPath)
	doc, err := readDocument(path)
	if err != nil {
		return nil, fmt.Errorf("the vendored specification: %w", err)
	}
	taken, err := extract(doc.root)
	if err != nil {
		return nil, fmt.Errorf("the vendored specification: %s: %w", path, err)
	}
	return taken, nil
}

// record returns the new SOURCE.json. The page stays what it was unless one is
// given.
func (c *candidate) record(root string, retrieved time.Time, page string) ([]byte, error) {
	path := filepath.Join(root, recordPath)
	if page == "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the page's address (or give --page): %w", err)
		}
		var old record
		if err := json.Unmarshal(text, &old); err != nil {
			return nil, fmt.Errorf("reading the page's address from %s (or give --page): %w", path, err)
		}
		page = old.Page
	}
	text, err := json.MarshalIndent(record{
		Page:      page,
		PageTitle: c.document.pageTitle,
		Title:     text(c.document.root, "info", "title"),
		Version:   text(c.document.root, "info", "version"),
		OpenAPI:   text(c.document.root, "openapi"),
		SHA256:    digest(c.specification),
		Retrieved: retrieved.Format(time.DateOnly),
	}, "", "  ")
	return append(text, '\n'), err
}

// text is the scalar at the end of a path of keys, or "".
func text(n *yaml.Node, keys ...string) string {
	for _, key := range keys {
		n = field(n, key)
	}
	if n == nil {
		return ""
	}
	return n.Value
}

func parseDay(s string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %q is not a day written YYYY-MM-DD", s)
	}
	return day, nil
}
