// Package openapi holds the contract as data: the vendored specification of
// Yuno's DELETE /customers/{customer_id} and the two overlays of this project.
// It imports nothing outside the standard library, so that the contract can be
// embedded without a validator.
//
// The specification is a copy of what Yuno publishes; SOURCE.json says where it
// comes from. It is changed by `make spec-update` only. Additions live in the
// overlays (OpenAPI Overlay 1.1.0), each with its reason.
package openapi

import _ "embed"

var (
	//go:embed customers/delete-customer.json
	specification []byte

	//go:embed SOURCE.json
	source []byte

	//go:embed overlay.yaml
	overlay []byte

	//go:embed overlay-strict.yaml
	strictOverlay []byte

	//go:embed overlaid/delete-customer.json
	overlaid []byte

	//go:embed overlaid/delete-customer.strict.json
	strict []byte
)

// Specification returns the vendored OpenAPI 3.1 document, as JSON, exactly as
// Yuno publishes it. The caller owns the returned slice.
func Specification() []byte { return clone(specification) }

// Source returns SOURCE.json: the page the specification was read from, its
// title and version, the SHA-256 of [Specification] and the day of retrieval.
func Source() []byte { return clone(source) }

// Overlay returns the overlay that generation applies, as YAML: names for Go,
// and the statuses that Yuno documents on other pages.
func Overlay() []byte { return clone(overlay) }

// StrictOverlay returns the overlay to apply after [Overlay] to judge servers
// of this project, as YAML. Yuno promises none of what it adds.
func StrictOverlay() []byte { return clone(strictOverlay) }

// Overlaid returns the specification with [Overlay] applied, as JSON: what the
// code in package api is generated from.
func Overlaid() []byte { return clone(overlaid) }

// Strict returns the specification with [Overlay] and then [StrictOverlay]
// applied, as JSON: what judges the servers of this project.
func Strict() []byte { return clone(strict) }

func clone(b []byte) []byte { return append([]byte(nil), b...) }
