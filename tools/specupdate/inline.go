package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An inliner copies parts of a document, with references replaced by their targets.
// It does not change the document.
//
// A reference stays if its schema is recursive. Without deep, references below a
// schema and to a named one stay as well, and so do those with keywords beside them,
// which apply in addition to their target.
type inliner struct {
	root    *yaml.Node
	deep    bool
	named   []string              // names of schemas
	schemas map[string]*yaml.Node // components.schemas that are referred to
	inPlace []string              // references that were replaced, each once

	budget    budget
	entries   map[*yaml.Node]map[string]*yaml.Node // of objects: thousands of references look up the same few
	links     map[string][]string                  // the schemas that a schema refers to
	recursive map[string]bool
}

func newInliner(root *yaml.Node) *inliner {
	return &inliner{
		root:      root,
		schemas:   map[string]*yaml.Node{},
		budget:    newBudget(maxTaken, "the operation with its references"),
		entries:   map[*yaml.Node]map[string]*yaml.Node{},
		links:     map[string][]string{},
		recursive: map[string]bool{},
	}
}

const schemasPrefix = "#/components/schemas/"

// A place says how to read a value.
type place struct {
	names  bool // the keys of the object are names, not keywords
	schema bool // it is part of a schema
	below  bool // it is below the schema of a parameter, header or body
	depth  int  // references followed on the way
}

// under is the place of the value of a key.
func (p place) under(key string, value *yaml.Node) place {
	if p.names {
		return place{schema: p.schema, below: p.schema, depth: p.depth}
	}
	schema := p.schema || key == "schema"
	return place{names: nameMaps[key] && value.Kind == yaml.MappingNode, schema: schema, below: p.schema, depth: p.depth}
}

func (in *inliner) copy(n *yaml.Node, at place) (*yaml.Node, error) {
	if err := in.budget.spend(1); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	if ref := field(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode && !at.names {
		return in.reference(n, ref, at)
	}
	out := *n
	out.Content = nil
	for _, item := range items(n) {
		value, err := in.copy(item, at)
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, value)
	}
	for key, value := range fields(n) {
		value, err := in.value(key.Value, value, at)
		if err != nil {
			return nil, err
		}
		add(&out, key.Value, key.Line, value)
	}
	return &out, nil
}

// value copies the value of a key.
func (in *inliner) value(key string, value *yaml.Node, at place) (*yaml.Node, error) {
	if !at.names && isData(key, value) {
		return clone(value), in.budget.spend(size(value))
	}
	if !at.names && at.schema && key == "discriminator" {
		for _, target := range fields(field(value, "mapping")) {
			if strings.HasPrefix(target.Value, "#") {
				if err := in.carry(target); err != nil {
					return nil, err
				}
			}
		}
	}
	return in.copy(value, at.under(key, value))
}

// reference copies an object with a $ref.
func (in *inliner) reference(n, ref *yaml.Node, at place) (*yaml.Node, error) {
	if at.depth++; at.depth > maxDepth {
		return nil, fmt.Errorf("line %d: $ref %q: nested deeper than %d levels", ref.Line, ref.Value, maxDepth)
	}
	beside, err := in.beside(n, at)
	if err != nil {
		return nil, err
	}
	if at.schema && in.stays(ref, beside, at) {
		if err := in.carry(ref); err != nil {
			return nil, err
		}
		beside.Content = append([]*yaml.Node{scalar("$ref"), clone(ref)}, beside.Content...)
		return beside, nil
	}
	target, err := in.lookup(ref)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(in.inPlace, ref.Value) && !in.deep {
		in.inPlace = append(in.inPlace, ref.Value)
	}
	if target, err = in.copy(target, at); err != nil {
		return nil, err
	}
	return conjunction(target, beside), nil
}

// beside copies what is beside a $ref. Outside schemas, only a summary and a
// description have a meaning there: they replace those of the target.
func (in *inliner) beside(n *yaml.Node, at place) (*yaml.Node, error) {
	out := mapping(n.Line)
	for key, value := range fields(n) {
		if key.Value == "$ref" || !at.schema && key.Value != "summary" && key.Value != "description" {
			continue
		}
		value, err := in.value(key.Value, value, at)
		if err != nil {
			return nil, err
		}
		add(out, key.Value, key.Line, value)
	}
	return out, nil
}

// stays reports whether a reference to a schema is not replaced.
func (in *inliner) stays(ref, beside *yaml.Node, at place) bool {
	name := schemaName(ref.Value)
	applies := func(key string) bool { return key != "summary" && key != "description" }
	if name == "" || !in.deep && (at.below || slices.Contains(in.named, name) || slices.ContainsFunc(keys(beside), applies)) {
		return true
	}
	return in.leadsBack(name) // last, because it walks all schemas behind it
}

// carry records that the schema behind a reference is needed.
func (in *inliner) carry(ref *yaml.Node) error {
	name := schemaName(ref.Value)
	if name == "" {
		return fmt.Errorf("line %d: $ref %q: a schema may refer to %sNAME only", ref.Line, ref.Value, schemasPrefix)
	}
	if in.schemas[name] != nil {
		return nil
	}
	if _, err := in.lookup(ref); err != nil {
		return err
	}
	in.schemas[name] = mapping(0) // a placeholder that ends a cycle
	schema, err := in.copy(in.component(name), place{schema: true, below: true})
	if err != nil {
		return err
	}
	in.schemas[name] = schema
	return nil
}

// leadsBack reports whether following the references of a schema leads back to it.
func (in *inliner) leadsBack(name string) bool {
	if known, ok := in.recursive[name]; ok {
		return known
	}
	seen := map[string]bool{}
	for queue := []string{name}; len(queue) > 0 && !in.recursive[name]; queue = queue[1:] {
		next := queue[0]
		if seen[next] {
			continue
		}
		seen[next] = true
		if _, ok := in.links[next]; !ok {
			in.links[next] = nil
			in.link(next, in.component(next), false)
		}
		in.recursive[name] = slices.Contains(in.links[next], name)
		queue = append(queue, in.links[next]...)
	}
	return in.recursive[name]
}

// link collects the schemas to which a part of a schema refers.
func (in *inliner) link(from string, n *yaml.Node, names bool) {
	if name := schemaName(text(n, "$ref")); name != "" && !names {
		in.links[from] = append(in.links[from], name)
	}
	for _, item := range items(n) {
		in.link(from, item, false)
	}
	for key, value := range fields(n) {
		if names || !isData(key.Value, value) {
			in.link(from, value, !names && nameMaps[key.Value])
		}
	}
}

// component is the schema of a name in components, or nil.
func (in *inliner) component(name string) *yaml.Node {
	return in.entry(field(field(in.root, "components"), "schemas"), name)
}

// schemaName is the NAME in #/components/schemas/NAME or a place below it, or "".
func schemaName(ref string) string {
	rest, ok := strings.CutPrefix(ref, schemasPrefix)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return unescapePointer(name)
}

// lookup follows a JSON pointer inside the document.
func (in *inliner) lookup(ref *yaml.Node) (*yaml.Node, error) {
	pointer, local := strings.CutPrefix(ref.Value, "#/")
	if !local {
		return nil, fmt.Errorf("line %d: $ref %q leaves the document: only references inside it are followed", ref.Line, ref.Value)
	}
	n := in.root
	for token := range strings.SplitSeq(pointer, "/") {
		if n = in.entry(n, unescapePointer(token)); n == nil {
			return nil, fmt.Errorf("line %d: $ref %q points to nothing", ref.Line, ref.Value)
		}
	}
	return n, nil
}

// entry returns one entry of an object or list, or nil.
func (in *inliner) entry(n *yaml.Node, name string) *yaml.Node {
	if list := items(n); list != nil {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(list) {
			return list[i]
		}
		return nil
	}
	known := in.entries[n]
	if known == nil {
		known = map[string]*yaml.Node{}
		for key, value := range fields(n) {
			known[key.Value] = value
		}
		in.entries[n] = known
	}
	return known[name]
}

func unescapePointer(token string) string {
	if plain, err := url.PathUnescape(token); err == nil {
		token = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}

// conjunction is a schema that requires two others: one object with the keywords of
// both if they do not affect each other, else an allOf.
func conjunction(target, beside *yaml.Node) *yaml.Node {
	out := mapping(target.Line)
	out.Content = slices.Clone(target.Content)
	for key, value := range fields(beside) {
		annotation := documentation[key.Value]
		if target.Kind != yaml.MappingNode || !annotation && (field(target, key.Value) != nil || !standsAlone(key.Value, value)) {
			set(beside, "allOf", sequence(beside.Line, append(slices.Clone(items(field(beside, "allOf"))), target)...))
			return beside
		}
		set(out, key.Value, value)
	}
	if target.Kind != yaml.MappingNode { // true or false
		return target
	}
	return out
}

// standsAlone reports whether the meaning of a keyword does not depend on others
// beside it. It does not if it contains no schema, with a few exceptions.
func standsAlone(key string, value *yaml.Node) bool {
	switch key {
	case "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items", "minContains", "maxContains":
		return false
	}
	holdsSchema := func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode }
	return value.Kind != yaml.MappingNode && !slices.ContainsFunc(items(value), holdsSchema)
}
