// Package yunocustomers is the root of the module and contains no code. Use
// package client to erase customers, packages server and contract to implement
// the call, and package sandbox in tests.
package yunocustomers

// The commands delete their outputs first, so that a failure leaves no stale
// file behind. make generate runs them in a copy, which keeps the current files
// if a command fails and also removes generated files that have no generator
// any more: go generate cannot delete files of packages it has yet to visit.
//go:generate mkdir -p api
//go:generate rm -f api/types.gen.go api/client.gen.go api/server.gen.go

// All specifications merged into one contract, with the overlays applied. The code
// below is generated from it, and package contract judges by it. The shell expands
// the pattern, so a new operation needs no new line.
//go:generate sh -c "go run ./tools/overlay -o openapi/overlaid/customers.json -overlay openapi/overlay.yaml openapi/customers/*.json"
//go:generate sh -c "go run ./tools/overlay -o openapi/overlaid/customers.strict.json -overlay openapi/overlay.yaml -overlay openapi/overlay-strict.yaml openapi/customers/*.json"

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/types.yaml -o api/types.gen.go openapi/overlaid/customers.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/client.yaml -o api/client.gen.go openapi/overlaid/customers.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/server.yaml -o api/server.gen.go openapi/overlaid/customers.json
