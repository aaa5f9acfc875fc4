// Package yunocustomers is the root of the module and contains no code. Use
// package client to erase customers, packages server and contract to implement
// the call, and package sandbox in tests.
package yunocustomers

// make generate runs this in a copy, which keeps the current files if a command
// fails and also removes generated files that have no generator any more: go
// generate cannot delete files of packages it has yet to visit.
//go:generate scripts/codegen.sh
