// Package yunocustomers is the root of the module; it holds no code. See
// package client to erase customers, server and contract to implement the
// call, and sandbox for tests.
package yunocustomers

// Run by itself, go generate deletes its outputs first, so that a failure leaves
// nothing stale behind. make generate does the same in a copy, keeps what is
// there when something fails, and also finds files that nothing generates any
// more: go generate cannot remove a file of a package that it is still to visit.
//go:generate mkdir -p api
//go:generate rm -f api/types.gen.go api/client.gen.go api/server.gen.go
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/types.yaml -o api/types.gen.go openapi/customers/delete-customer.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/client.yaml -o api/client.gen.go openapi/customers/delete-customer.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/codegen/server.yaml -o api/server.gen.go openapi/customers/delete-customer.json

// The contract with the overlays applied, for reading and for package contract.
//go:generate go run ./tools/overlay -o openapi/overlaid/delete-customer.json openapi/customers/delete-customer.json openapi/overlay.yaml
//go:generate go run ./tools/overlay -o openapi/overlaid/delete-customer.strict.json openapi/customers/delete-customer.json openapi/overlay.yaml openapi/overlay-strict.yaml
