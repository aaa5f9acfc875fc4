//go:build tools

// This file pins the code generator in go.mod, so that `go generate` runs the
// reviewed version everywhere. It is never built.
package yunocustomers

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
