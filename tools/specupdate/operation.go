package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// methods are the keys of a path item that hold operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

// An operation is the place of an operation in a document, and its name there.
type operation struct {
	method string // a key of a path item
	path   string // a key of paths
	id     string // operationId; may be ""
}

func (o operation) String() string { return strings.ToUpper(o.method) + " " + o.path }

// is reports whether two documents mean the same operation: they have the same method,
// and the same path or the same name. Published files differ in the names of path
// parameters, in the case and separators of operationId, and in whether the version
// is in the path or in the address of the server.
func (o operation) is(other operation) bool {
	return o.method == other.method && (o.shape() == other.shape() || o.name() != "" && o.name() == other.name())
}

var (
	versionPrefix = regexp.MustCompile(`^/v[0-9]+/`)
	pathParameter = regexp.MustCompile(`\{[^/{}]+\}`)
)

func (o operation) shape() string {
	path, _, _ := strings.Cut(o.path, "?") // some files show the query in the path
	return pathParameter.ReplaceAllString(versionPrefix.ReplaceAllString(path, "/"), "{}")
}

func (o operation) name() string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(o.id))
}

// operations returns all operations of a document.
func operations(root *yaml.Node) ([]operation, error) {
	paths := field(root, "paths")
	if paths == nil {
		return nil, errors.New("has no paths")
	}
	in := newInliner(root)
	var out []operation
	for path, item := range fields(paths) {
		if ref := field(item, "$ref"); ref != nil {
			if target, err := in.lookup(ref); err == nil {
				item = target
			}
		}
		for key, op := range fields(item) {
			if slices.Contains(methods, key.Value) {
				out = append(out, operation{key.Value, path.Value, text(op, "operationId")})
			}
		}
	}
	return out, nil
}

// find returns the operation of a document that is the wanted one.
func find(root *yaml.Node, wanted operation) (operation, error) {
	all, err := operations(root)
	if err != nil {
		return operation{}, err
	}
	var found []operation
	var names []string
	for _, o := range all {
		if o.is(wanted) {
			found, names = append(found, o), append(names, o.String())
		}
	}
	switch len(found) {
	case 0:
		return operation{}, fmt.Errorf("the operation is gone: no %s, and none named %s", wanted, wanted.id)
	case 1:
		return found[0], nil
	default:
		return operation{}, fmt.Errorf("more than one operation may be %s: %s", wanted, strings.Join(few(names, 5), ", "))
	}
}
