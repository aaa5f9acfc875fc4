package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A resolver follows references inside one document. Its methods return copies and
// do not change the document. There is one for each kind of object, because a key
// "$ref" inside an example is data, not a reference.
type resolver struct {
	root    *yaml.Node
	schemas map[string]*yaml.Node // components.schemas that are referred to
	inPlace []string              // references that were replaced, each once
	written map[string]bool       // the same as a set

	expand bool // replace references between schemas too, except recursive ones
	depth  int  // nesting of such references

	budget  *budget
	graph   *schemaGraph // of root; nil until it is needed
	entries map[*yaml.Node]map[string]*yaml.Node
	visit   func(name string) // if set, called for each referenced schema
}

func newResolver(root *yaml.Node) *resolver {
	left := newBudget(maxTaken, "the operation with its references")
	return &resolver{
		root:    root,
		schemas: map[string]*yaml.Node{},
		written: map[string]bool{},
		budget:  &left,
		entries: map[*yaml.Node]map[string]*yaml.Node{},
	}
}

const schemasPrefix = "#/components/schemas/"

// pathItem returns the path item with its DELETE operation only.
func (r *resolver) pathItem(item *yaml.Node) (*yaml.Node, error) {
	item, err := r.replace(item, 0)
	if err != nil {
		return nil, err
	}
	return each(item, func(key string, value *yaml.Node) (*yaml.Node, error) {
		switch {
		case key == "parameters":
			return eachItem(value, r.described)
		case key == "delete":
			return r.operation(value)
		case slices.Contains(methods, key):
			return nil, nil
		}
		return value, nil
	})
}

func (r *resolver) operation(op *yaml.Node) (*yaml.Node, error) {
	return each(op, func(key string, value *yaml.Node) (*yaml.Node, error) {
		switch key {
		case "parameters":
			return eachItem(value, r.described)
		case "requestBody":
			return r.described(value)
		case "responses":
			return each(value, func(_ string, response *yaml.Node) (*yaml.Node, error) { return r.response(response) })
		case "callbacks":
			return nil, fmt.Errorf("line %d: the operation has callbacks, which are not supported", value.Line)
		}
		return value, nil
	})
}

func (r *resolver) response(n *yaml.Node) (*yaml.Node, error) {
	n, err := r.replace(n, 0)
	if err != nil {
		return nil, err
	}
	return each(n, func(key string, value *yaml.Node) (*yaml.Node, error) {
		switch key {
		case "headers":
			return each(value, func(_ string, header *yaml.Node) (*yaml.Node, error) { return r.described(header) })
		case "links":
			return each(value, func(_ string, link *yaml.Node) (*yaml.Node, error) { return r.replace(link, 0) })
		case "content":
			return r.content(value)
		}
		return value, nil
	})
}

// described resolves an object with a schema or content: a parameter, a header or a
// request body.
func (r *resolver) described(n *yaml.Node) (*yaml.Node, error) {
	n, err := r.replace(n, 0)
	if err != nil {
		return nil, err
	}
	return each(n, r.description)
}

func (r *resolver) content(n *yaml.Node) (*yaml.Node, error) {
	return each(n, func(_ string, mediaType *yaml.Node) (*yaml.Node, error) { return each(mediaType, r.description) })
}

// description resolves the fields that described objects and media types share.
func (r *resolver) description(key string, value *yaml.Node) (*yaml.Node, error) {
	switch key {
	case "schema":
		return r.topSchema(value)
	case "content":
		return r.content(value)
	case "examples":
		return each(value, func(_ string, example *yaml.Node) (*yaml.Node, error) { return r.replace(example, 0) })
	}
	return value, nil
}

// topSchema resolves the schema of a parameter or body. It replaces the reference
// unless the schema is recursive or the reference has keywords beside it, which
// apply in addition to its target.
func (r *resolver) topSchema(n *yaml.Node) (*yaml.Node, error) {
	ref := field(n, "$ref")
	if r.expand || ref == nil || !strings.HasPrefix(ref.Value, schemasPrefix) || hasSiblings(n) || r.recursive(ref) {
		return r.schema(n)
	}
	n, err := r.replace(n, 0)
	if err != nil {
		return nil, err
	}
	return r.schema(n)
}

// hasSiblings reports whether a $ref has keywords beside it. A summary and a
// description do not count: they replace those of the target.
func hasSiblings(n *yaml.Node) bool {
	for key := range fields(n) {
		if key.Value != "$ref" && key.Value != "summary" && key.Value != "description" {
			return true
		}
	}
	return false
}

// recursive reports whether following the schema's references leads back to it.
func (r *resolver) recursive(ref *yaml.Node) bool {
	if r.graph == nil {
		r.graph = newSchemaGraph(r)
	}
	return r.graph.recursive(schemaName(ref.Value))
}

// schema copies a schema, and carries every schema that it refers to.
func (r *resolver) schema(n *yaml.Node) (*yaml.Node, error) {
	if n == nil {
		return nil, nil
	}
	if err := r.budget.spend(1 + len(n.Content)); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	if ref := field(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode {
		if r.expand && !r.recursive(ref) {
			return r.expanded(n, ref)
		}
		if err := r.carry(ref); err != nil {
			return nil, err
		}
	}
	return each(n, func(key string, value *yaml.Node) (*yaml.Node, error) {
		switch key {
		case "properties", "patternProperties", "dependentSchemas", "$defs":
			return each(value, func(_ string, schema *yaml.Node) (*yaml.Node, error) { return r.schema(schema) })
		case "allOf", "anyOf", "oneOf", "prefixItems":
			return eachItem(value, r.schema)
		case "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
			"unevaluatedItems", "unevaluatedProperties":
			return r.schema(value)
		case "discriminator":
			for _, target := range fields(field(value, "mapping")) {
				if strings.HasPrefix(target.Value, "#") {
					if err := r.carry(target); err != nil {
						return nil, err
					}
				}
			}
		}
		return value, nil
	})
}

// carry records that the schema behind a reference is needed.
func (r *resolver) carry(ref *yaml.Node) error {
	name := schemaName(ref.Value)
	if name == "" {
		return fmt.Errorf("line %d: $ref %q: a schema may refer to %sNAME only", ref.Line, ref.Value, schemasPrefix)
	}
	if r.visit != nil {
		r.visit(name)
		return nil
	}
	if _, known := r.schemas[name]; known {
		return nil
	}
	if _, err := r.lookup(ref); err != nil {
		return err
	}
	r.schemas[name] = mapping(0) // a placeholder that ends a cycle
	schema, err := r.schema(r.component(name))
	if err != nil {
		return err
	}
	r.schemas[name] = schema
	return nil
}

// component is the schema of a name in components, or nil.
func (r *resolver) component(name string) *yaml.Node {
	schemas := field(field(r.root, "components"), "schemas")
	if schemas == nil {
		return nil
	}
	return r.entry(schemas, name)
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

// replace returns the target of a reference object, or the object itself. The
// summary and description that OpenAPI 3.1 allows beside a $ref replace those of
// the target.
func (r *resolver) replace(n *yaml.Node, depth int) (*yaml.Node, error) {
	ref := field(n, "$ref")
	if ref == nil {
		return n, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: $ref %q leads back to itself", ref.Line, ref.Value)
	}
	target, err := r.lookup(ref)
	if err != nil {
		return nil, err
	}
	if target, err = r.replace(target, depth+1); err != nil {
		return nil, err
	}
	if !r.written[ref.Value] {
		r.written[ref.Value] = true
		r.inPlace = append(r.inPlace, ref.Value)
	}
	if err := r.budget.spend(size(target)); err != nil {
		return nil, fmt.Errorf("line %d: $ref %q: %w", ref.Line, ref.Value, err)
	}
	target = clone(target)
	for key, value := range fields(n) {
		if key.Value == "summary" || key.Value == "description" {
			set(target, key.Value, value)
		}
	}
	return target, nil
}

// lookup follows a JSON pointer inside the document.
func (r *resolver) lookup(ref *yaml.Node) (*yaml.Node, error) {
	pointer, local := strings.CutPrefix(ref.Value, "#/")
	if !local {
		return nil, fmt.Errorf("line %d: $ref %q leaves the document: only references inside it are followed", ref.Line, ref.Value)
	}
	n := r.root
	for token := range strings.SplitSeq(pointer, "/") {
		if n = r.entry(n, unescapePointer(token)); n == nil {
			return nil, fmt.Errorf("line %d: $ref %q points to nothing", ref.Line, ref.Value)
		}
	}
	return n, nil
}

// entry returns one entry of an object or list, or nil. It caches the entries of an
// object: thousands of references look up the same few objects.
func (r *resolver) entry(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(n.Content) {
			return nil
		}
		return n.Content[i]
	}
	known := r.entries[n]
	if known == nil {
		known = map[string]*yaml.Node{}
		for key, value := range fields(n) {
			known[key.Value] = value
		}
		r.entries[n] = known
	}
	return known[name]
}

func unescapePointer(token string) string {
	if plain, err := url.PathUnescape(token); err == nil {
		token = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}
