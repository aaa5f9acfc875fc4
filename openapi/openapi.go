// Package openapi embeds the contract as data: the specifications of Yuno's
// customer operations and the two overlays of this project. It imports only the
// standard library, so that a program can embed the contract without a validator.
//
// Each operation has its own specification in customers/. SOURCE.json records the
// origin of each: a copy of the document that Yuno publishes, which only
// make spec-update changes, or a description that this project wrote from facts in
// Yuno's documentation. Additions are in the overlays (OpenAPI Overlay 1.1.0), each
// with its reason.
package openapi

import (
	"bytes"
	"embed"
	"io/fs"
)

//go:embed customers/*.json
var customers embed.FS

var (
	//go:embed SOURCE.json
	source []byte

	//go:embed overlay.yaml
	overlay []byte

	//go:embed overlay-strict.yaml
	strictOverlay []byte

	//go:embed overlaid/customers.json
	overlaid []byte

	//go:embed overlaid/customers.strict.json
	strict []byte
)

// Specifications returns the OpenAPI 3.1 documents as JSON, one file per operation.
// "delete-customer.json" is exactly the document that Yuno publishes.
func Specifications() fs.FS {
	specifications, err := fs.Sub(customers, "customers")
	if err != nil {
		panic(err) // the name is valid
	}
	return specifications
}

// Source returns SOURCE.json: the origin, title, version and SHA-256 of each of the
// [Specifications], and the date of retrieval. The caller owns the returned slice.
func Source() []byte { return bytes.Clone(source) }

// Overlay returns the overlay that code generation applies, as YAML: names for Go
// and the statuses that Yuno documents on other pages. The caller owns the
// returned slice.
func Overlay() []byte { return bytes.Clone(overlay) }

// StrictOverlay returns the overlay with the additional promises of this
// project's servers, as YAML. It applies after [Overlay]. Yuno makes none of these
// promises. The caller owns the returned slice.
func StrictOverlay() []byte { return bytes.Clone(strictOverlay) }

// Overlaid returns all [Specifications] merged into one document, with [Overlay]
// applied, as JSON. Package api is generated from it. The caller owns the returned
// slice.
func Overlaid() []byte { return bytes.Clone(overlaid) }

// Strict returns the document of [Overlaid] with [StrictOverlay] applied, as JSON.
// It is the contract that this project's servers keep. The caller owns the
// returned slice.
func Strict() []byte { return bytes.Clone(strict) }
