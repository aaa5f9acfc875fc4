// Package openapi embeds the contract as data: the vendored specification of
// Yuno's DELETE /customers/{customer_id} and the two overlays of this project.
// It imports only the standard library, so that a program can embed the contract
// without a validator.
//
// The specification is a copy of the document that Yuno publishes; SOURCE.json
// records its origin. Only make spec-update changes it. Additions are in the
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

// Specification returns the vendored OpenAPI 3.1 document as JSON, exactly as
// Yuno publishes it. The caller owns the returned slice.
func Specification() []byte { return clone(specification) }

// Source returns SOURCE.json: the page that contains the specification, its title
// and version, the SHA-256 of [Specification] and the date of retrieval. The
// caller owns the returned slice.
func Source() []byte { return clone(source) }

// Overlay returns the overlay that code generation applies, as YAML: names for Go
// and the statuses that Yuno documents on other pages. The caller owns the
// returned slice.
func Overlay() []byte { return clone(overlay) }

// StrictOverlay returns the overlay with the additional promises of this
// project's servers, as YAML. It applies after [Overlay]. Yuno makes none of these
// promises. The caller owns the returned slice.
func StrictOverlay() []byte { return clone(strictOverlay) }

// Overlaid returns the specification with [Overlay] applied, as JSON. Package api
// is generated from it. The caller owns the returned slice.
func Overlaid() []byte { return clone(overlaid) }

// Strict returns the specification with [Overlay] and then [StrictOverlay]
// applied, as JSON. It is the contract that this project's servers keep. The
// caller owns the returned slice.
func Strict() []byte { return clone(strict) }

func clone(b []byte) []byte { return append([]byte(nil), b...) }
