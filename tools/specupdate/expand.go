package main

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// expanded returns a schema with its reference replaced.
func (r *resolver) expanded(n, ref *yaml.Node) (*yaml.Node, error) {
	target, err := r.lookup(ref)
	if err != nil {
		return nil, err
	}
	if r.depth++; r.depth > maxDepth {
		return nil, fmt.Errorf("line %d: $ref %q: nested deeper than %d levels", ref.Line, ref.Value, maxDepth)
	}
	defer func() { r.depth-- }()
	if target, err = r.schema(target); err != nil {
		return nil, err
	}
	beside := mapping(n.Line)
	for key, value := range fields(n) {
		if value != ref {
			beside.Content = append(beside.Content, key, value)
		}
	}
	if beside, err = r.schema(beside); err != nil {
		return nil, err
	}
	return conjunction(target, beside), nil
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

// A schemaGraph contains the references between schemas.
type schemaGraph struct {
	r      *resolver // visits a schema without following its references
	to     map[string][]string
	circle map[string]bool
}

func newSchemaGraph(of *resolver) *schemaGraph {
	probe := *of
	probe.expand = false
	return &schemaGraph{r: &probe, to: map[string][]string{}, circle: map[string]bool{}}
}

// references are the schemas that a schema refers to. An unreadable schema has none:
// the resolver reports the error.
func (g *schemaGraph) references(name string) []string {
	known, ok := g.to[name]
	if !ok {
		g.r.visit = func(other string) { known = append(known, other) }
		_, _ = g.r.schema(g.r.component(name))
		g.to[name] = known
	}
	return known
}

// recursive reports whether a schema leads back to itself.
func (g *schemaGraph) recursive(name string) bool {
	if known, ok := g.circle[name]; ok {
		return known
	}
	seen := map[string]bool{}
	queue := slices.Clone(g.references(name))
	for len(queue) > 0 && !seen[name] {
		next := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if !seen[next] {
			seen[next] = true
			queue = append(queue, g.references(next)...)
		}
	}
	g.circle[name] = seen[name]
	return seen[name]
}
