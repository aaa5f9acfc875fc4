package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

// goAPIChanges compares package api of the checkout with the one that was
// generated in the stage. What the specification calls harmless may still end a
// build: a response header, say, turns an answer's type into another one.
func goAPIChanges(ctx context.Context, root, stage string) ([]change, error) {
	before, err := loadAPI(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("package api of the checkout: %w", err)
	}
	after, err := loadAPI(ctx, stage)
	if err != nil {
		return nil, fmt.Errorf("package api, generated anew: %w", err)
	}
	var out []change
	for _, found := range apidiff.Changes(before.Types, after.Types).Changes {
		if !found.Compatible {
			out = append(out, goChange(found.Message, before, after))
		}
	}
	return out, nil
}

func loadAPI(ctx context.Context, root string) (*packages.Package, error) {
	loaded, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     root,
		Env:     append(os.Environ(), "GOWORK=off"),
		// From source: export data would do, but has no positions.
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

// changedObject is the name that begins a message of apidiff: X.Y or (*X).Y.
var changedObject = regexp.MustCompile(`^\(?\*?(\w+)`)

// goChange says whom an incompatible change of package api breaks: that depends
// on the file where the changed object is defined.
func goChange(message string, before, after *packages.Package) change {
	c := change{ID: "go-api", Text: "package api: " + strings.ReplaceAll(message, before.PkgPath+".", "")}
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
