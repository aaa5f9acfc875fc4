// Package misuse tests what the exported constructors and options of a package do with
// values that make no sense, and that none of them is forgotten.
// Internal to this project, for tests.
package misuse

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Case is one value for a constructor, an option or a field.
type Case struct {
	// Of is what gets the value, such as "New", "WithTimeout" or "Config.Timeout".
	Of string
	// Value is for the name of the subtest.
	Value string
	// Use returns what the constructor that the value is for says to it.
	Use func() error
	// Want is a part of the error; empty if the value is documented as valid.
	Want string
}

// Check runs the cases as subtests. None may panic. It also fails for what [Exported] finds
// in the current folder, if no case is of it, and for cases of what is not there. The parts
// of without need no case; each has its reason beside it.
func Check(t *testing.T, cases []Case, without map[string]string) {
	t.Helper()
	known := map[string]bool{}
	for name := range without {
		known[name] = true
	}
	for _, c := range cases {
		known[c.Of] = true
		t.Run(c.Of+"/"+c.Value, func(t *testing.T) { c.run(t) })
	}
	exported := Exported(t, ".")
	for _, name := range exported {
		if !known[name] {
			t.Errorf("%s has no case: add one for each kind of value that makes no sense", name)
		}
	}
	for name := range known {
		if !slices.Contains(exported, name) {
			t.Errorf("there are cases of %s, which the package does not have", name)
		}
	}
}

func (c Case) run(t *testing.T) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("panics: %v", p)
		}
	}()
	err := c.Use()
	if (err == nil) != (c.Want == "") || err != nil && !strings.Contains(err.Error(), c.Want) {
		t.Errorf("got %v, want %q", err, c.Want)
	}
	if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("the error has several lines: %q", err)
	}
}

var (
	constructor = regexp.MustCompile(`^(New|Open|Start|Load|Prepare|With)([A-Z]|$)`)
	settings    = regexp.MustCompile(`(Config|Options|^Limits)$`)
)

// Exported returns, sorted, what the Go files of a folder offer to be called with values:
// the exported functions that have parameters and whose names begin like those of
// constructors and options, and the exported fields of configurations.
func Exported(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			addExported(found, decl)
		}
	}
	if len(found) == 0 {
		t.Fatal("found nothing")
	}
	return slices.Sorted(maps.Keys(found))
}

func addExported(found map[string]bool, decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil && constructor.MatchString(decl.Name.Name) && decl.Type.Params.NumFields() > 0 {
			found[decl.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			named, ok := spec.(*ast.TypeSpec)
			if !ok || !named.Name.IsExported() || !settings.MatchString(named.Name.Name) {
				continue
			}
			fields, ok := named.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, field := range fields.Fields.List {
				for _, name := range field.Names {
					if name.IsExported() {
						found[named.Name.Name+"."+name.Name] = true
					}
				}
			}
		}
	}
}
