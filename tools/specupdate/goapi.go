package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

// goAPIChanges compares package api of the checkout with the one in the stage. A
// change that is harmless in the specification may still break a build: a response
// header, for example, changes the type of the response.
func goAPIChanges(ctx context.Context, root, stage string) ([]change, error) {
	before, err := loadAPI(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("package api of the checkout: %w", err)
	}
	after, err := loadAPI(ctx, stage)
	if err != nil {
		return nil, fmt.Errorf("package api of the new specification: %w", err)
	}
	var out []change
	for _, found := range apidiff.Changes(before.Types, after.Types).Changes {
		if !found.Compatible {
			out = append(out, goChange(found.Message, before, after))
		}
	}
	return withoutDerived(out), nil
}

// retypedField is the beginning of the text about a field with another type.
var retypedField = regexp.MustCompile(`^package api: \w+(\.\w+: changed from )`)

// withoutDerived omits the retyped fields of responses that have their type from a
// schema, like DeleteCustomer400JSONResponse from Error: the change of the schema's
// own type, which breaks both sides, says it once for all operations.
func withoutDerived(changes []change) []change {
	field := func(c change) string { return retypedField.ReplaceAllString(c.Text, "$1") }
	ofSchemas := map[string]bool{}
	for _, c := range changes {
		if c.ClientUsers != "" && c.ServerImplementers != "" && field(c) != c.Text {
			ofSchemas[field(c)] = true
		}
	}
	return slices.DeleteFunc(changes, func(c change) bool { return c.ClientUsers == "" && ofSchemas[field(c)] })
}

func loadAPI(ctx context.Context, root string) (*packages.Package, error) {
	loaded, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     root,
		Env:     append(os.Environ(), "GOWORK=off"),
		// From source, because export data has no positions.
		Mode: packages.LoadSyntax,
	}, "./api")
	if err != nil {
		return nil, fmt.Errorf("loading: %s", oneLine(err))
	}
	for _, pkg := range loaded {
		if len(pkg.Errors) > 0 {
			return nil, fmt.Errorf("does not compile: %s", oneLine(pkg.Errors[0]))
		}
	}
	return loaded[0], nil
}

// changedObject is the name at the beginning of a message of apidiff: X.Y or (*X).Y.
var changedObject = regexp.MustCompile(`^\(?\*?(\w+)`)

// goChange says whose code an incompatible change of package api breaks, by the
// file that defines the changed object.
func goChange(message string, before, after *packages.Package) change {
	// A type may be a literal of hundreds of lines.
	c := change{ID: "go-api", Text: cut("package api: "+strings.ReplaceAll(message, before.PkgPath+".", ""), 400)}
	file := ""
	if name := changedObject.FindStringSubmatch(message); name != nil {
		for _, pkg := range []*packages.Package{before, after} {
			if object := pkg.Types.Scope().Lookup(name[1]); object != nil && file == "" {
				file = filepath.Base(pkg.Fset.Position(object.Pos()).Filename)
			}
		}
	}
	const meaning = "code that uses it may no longer compile"
	if file != "server.gen.go" {
		c.ClientUsers = meaning
	}
	if file != "client.gen.go" {
		c.ServerImplementers = meaning
	}
	return c
}
