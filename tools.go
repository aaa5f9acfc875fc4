//go:build tools

// This file makes go.mod require the code generator, so that go generate runs the
// same reviewed version on every machine. It is never compiled.
package yunocustomers

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
