package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// operationID is the name of the operation, without case and separators: both
// differ between published files.
const operationID = "deletecustomer"

// operationPath is the path of the operation. Some of Yuno's files have the version
// in the address of the server, others in the path.
var operationPath = regexp.MustCompile(`^(/v[0-9]+)?/customers/\{[^/{}]+\}$`)

// methods are the keys of a path item that hold operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

// An extraction is the part of a document that the operation needs.
type extraction struct {
	root *yaml.Node // the document without the rest
	path string     // the operation's key under paths
	item *yaml.Node // its path item
	op   *yaml.Node

	leftOut  []string // what was not taken, for the report
	resolved []string // the references that were replaced by what they point to
}

// extract returns the part of a document that DELETE /customers/{customer_id} needs.
//
// References to parameters, responses, headers, examples and to the schema of a
// parameter or body are replaced by their targets: generated names come from those
// places, and must not change because a definition moved. References between
// schemas stay, and their schemas are kept in components.
func extract(root *yaml.Node) (*extraction, error) {
	r := newResolver(root)
	path, err := findOperation(r)
	if err != nil {
		return nil, err
	}
	item, err := r.pathItem(field(field(root, "paths"), path))
	if err != nil {
		return nil, err
	}
	x := &extraction{path: path, item: item, op: field(item, "delete")}
	if x.op == nil || x.op.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: DELETE %s is not an object", item.Line, path)
	}
	if err := x.assemble(root, r); err != nil {
		return nil, err
	}
	x.resolved = r.inPlace
	return x, nil
}

// findOperation returns the path of the operation: a DELETE with its usual path or
// its usual name.
func findOperation(r *resolver) (string, error) {
	paths := field(r.root, "paths")
	if paths == nil {
		return "", errors.New("has no paths")
	}
	var found []string
	for path, item := range fields(paths) {
		if ref := field(item, "$ref"); ref != nil {
			if target, err := r.lookup(ref); err == nil {
				item = target
			}
		}
		op := field(item, "delete")
		if op == nil {
			continue
		}
		id := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(text(op, "operationId")))
		if operationPath.MatchString(path.Value) || id == operationID {
			found = append(found, path.Value)
		}
	}
	switch len(found) {
	case 0:
		return "", errors.New("the operation is gone: no DELETE at /customers/{customer_id}, and none named delete-customer")
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("more than one operation deletes a customer: %s", strings.Join(found, ", "))
	}
}

// assemble builds the document around the operation, with keys in the order of the
// source, and records what is left out.
func (x *extraction) assemble(root *yaml.Node, r *resolver) error {
	x.root = mapping(root.Line)
	for key, value := range fields(root) {
		switch key.Value {
		case "paths":
			var others []string
			for path, item := range fields(value) {
				if path.Value == x.path {
					x.leaveOutMethods(item)
				} else {
					others = append(others, path.Value)
				}
			}
			x.leaveOut("paths", others)
			value = mapping(value.Line)
			add(value, x.path, x.item.Line, x.item)
		case "components":
			kept, err := x.components(value, r)
			if err != nil {
				return err
			}
			if len(kept.Content) == 0 {
				continue
			}
			value = kept
		case "webhooks":
			x.leaveOut("webhooks", keys(value))
			continue
		case "tags":
			kept := x.tags(value)
			if len(kept.Content) == 0 {
				continue
			}
			value = kept
		}
		add(x.root, key.Value, key.Line, value)
	}
	return nil
}

// leaveOut records names that were not taken: the first few, and the number of the
// others.
func (x *extraction) leaveOut(kind string, names []string) {
	if len(names) > 0 {
		x.leftOut = append(x.leftOut, kind+": "+strings.Join(few(names, 5), ", "))
	}
}

// few cuts a list that is too long to read.
func few(names []string, most int) []string {
	if len(names) <= most {
		return names
	}
	return append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", len(names)-most))
}

func (x *extraction) leaveOutMethods(item *yaml.Node) {
	var others []string
	for _, key := range keys(item) {
		if slices.Contains(methods, key) && key != "delete" {
			others = append(others, strings.ToUpper(key))
		}
	}
	x.leaveOut("methods of "+x.path, others)
}

// components keeps the schemas that were referred to and the security schemes
// that are required somewhere.
func (x *extraction) components(all *yaml.Node, r *resolver) (*yaml.Node, error) {
	required := x.requiredSchemes(r.root)
	out := mapping(all.Line)
	for kind, entries := range fields(all) {
		kept := mapping(entries.Line)
		var others []string
		for name, entry := range fields(entries) {
			switch {
			case kind.Value == "schemas" && r.schemas[name.Value] != nil:
				add(kept, name.Value, name.Line, r.schemas[name.Value])
			case kind.Value == "securitySchemes" && required[name.Value]:
				scheme, err := r.replace(entry, 0)
				if err != nil {
					return nil, err
				}
				add(kept, name.Value, name.Line, scheme)
			case strings.HasPrefix(kind.Value, "x-"):
				add(kept, name.Value, name.Line, entry)
			case !r.written["#/components/"+kind.Value+"/"+name.Value]:
				others = append(others, name.Value)
			}
		}
		x.leaveOut("components."+kind.Value, others)
		if len(kept.Content) > 0 {
			add(out, kind.Value, kind.Line, kept)
		}
	}
	return out, nil
}

// requiredSchemes are the security schemes that the document or the operation
// requires. Those of the document are kept even if the operation replaces them.
func (x *extraction) requiredSchemes(root *yaml.Node) map[string]bool {
	out := map[string]bool{}
	for _, list := range []*yaml.Node{field(root, "security"), field(x.op, "security")} {
		for _, requirement := range items(list) {
			for scheme := range fields(requirement) {
				out[scheme.Value] = true
			}
		}
	}
	return out
}

func (x *extraction) tags(all *yaml.Node) *yaml.Node {
	used := map[string]bool{}
	for _, tag := range items(field(x.op, "tags")) {
		used[tag.Value] = true
	}
	kept := sequence(all.Line)
	var others []string
	for _, tag := range items(all) {
		if name := text(tag, "name"); used[name] {
			kept.Content = append(kept.Content, tag)
		} else {
			others = append(others, name)
		}
	}
	x.leaveOut("tags", others)
	return kept
}
