package main

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An extraction is the part of a document that the operation needs.
type extraction struct {
	root *yaml.Node // the document without the rest
	operation
	item *yaml.Node // its path item
	op   *yaml.Node

	leftOut  []string // what was not taken, for the report
	resolved []string // the references that were replaced by what they point to
}

// extract returns the part of a document that an operation needs.
//
// References to parameters, responses, headers, examples and to the schema of a
// parameter or body are replaced by their targets: generated names come from those
// places, and must not change because a definition moved. References between
// schemas stay, and so do references to the schemas that named lists; the schemas are
// kept in components.
func extract(root *yaml.Node, of operation, named ...string) (*extraction, error) {
	in := newInliner(root)
	in.named = named
	item, err := in.pathItem(field(field(root, "paths"), of.path), of.method)
	if err != nil {
		return nil, err
	}
	x := &extraction{operation: of, item: item, op: field(item, of.method)}
	if x.op == nil || x.op.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: %s is not an object", item.Line, of)
	}
	if err := x.assemble(root, in); err != nil {
		return nil, err
	}
	x.resolved = in.inPlace
	return x, nil
}

// pathItem copies a path item with one operation only. Faults in the others do not
// matter.
func (in *inliner) pathItem(item *yaml.Node, method string) (*yaml.Node, error) {
	for ref := field(item, "$ref"); ref != nil; ref = field(item, "$ref") {
		target, err := in.lookup(ref)
		if err != nil {
			return nil, err
		}
		if slices.Contains(in.inPlace, ref.Value) {
			return nil, fmt.Errorf("line %d: $ref %q leads back to itself", ref.Line, ref.Value)
		}
		in.inPlace = append(in.inPlace, ref.Value)
		item = target
	}
	trimmed := mapping(item.Line)
	for key, value := range fields(item) {
		if key.Value == method || !slices.Contains(methods, key.Value) {
			add(trimmed, key.Value, key.Line, value)
		}
	}
	if callbacks := field(field(trimmed, method), "callbacks"); callbacks != nil {
		return nil, fmt.Errorf("line %d: the operation has callbacks, which are not supported", callbacks.Line)
	}
	return in.copy(trimmed, place{})
}

// assemble builds the document around the operation, with keys in the order of the
// source, and records what is left out.
func (x *extraction) assemble(root *yaml.Node, in *inliner) error {
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
			kept, err := x.components(value, in)
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
		if slices.Contains(methods, key) && key != x.method {
			others = append(others, strings.ToUpper(key))
		}
	}
	x.leaveOut("methods of "+x.path, others)
}

// components keeps the schemas that were referred to and the security schemes
// that are required somewhere.
func (x *extraction) components(all *yaml.Node, in *inliner) (*yaml.Node, error) {
	required := x.requiredSchemes(in.root)
	out := mapping(all.Line)
	for kind, entries := range fields(all) {
		kept := mapping(entries.Line)
		var others []string
		for name, entry := range fields(entries) {
			switch {
			case kind.Value == "schemas" && in.schemas[name.Value] != nil:
				add(kept, name.Value, name.Line, in.schemas[name.Value])
			case kind.Value == "securitySchemes" && required[name.Value]:
				scheme, err := in.copy(entry, place{})
				if err != nil {
					return nil, err
				}
				add(kept, name.Value, name.Line, scheme)
			case strings.HasPrefix(kind.Value, "x-"):
				add(kept, name.Value, name.Line, entry)
			case !slices.Contains(in.inPlace, "#/components/"+kind.Value+"/"+name.Value):
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
