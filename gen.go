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
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/types.yaml -o api/types.gen.go openapi/customers/delete-customer.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/client.yaml -o api/client.gen.go openapi/customers/delete-customer.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/server.yaml -o api/server.gen.go openapi/customers/delete-customer.json

// The specification with the overlays applied, for readers and package contract.
//go:generate go run ./tools/overlay -o openapi/overlaid/delete-customer.json openapi/customers/delete-customer.json openapi/overlay.yaml
//go:generate go run ./tools/overlay -o openapi/overlaid/delete-customer.strict.json openapi/customers/delete-customer.json openapi/overlay.yaml openapi/overlay-strict.yaml
