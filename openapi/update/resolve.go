package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// resolver follows references inside one document. Its methods return copies
// and never change the document. They know what kind of object they stand on,
// because a key "$ref" inside an example is data, not a reference.
type resolver struct {
	root    *yaml.Node
	schemas map[string]*yaml.Node // components.schemas that are referred to
	inPlace []string              // references that were replaced, each once
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
			return eachItem(value, r.parameter)
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
			return eachItem(value, r.parameter)
		case "requestBody":
			return r.parameter(value) // content and nothing else to follow, as in a parameter
		case "responses":
			return each(value, func(_ string, response *yaml.Node) (*yaml.Node, error) { return r.response(response) })
		case "callbacks":
			return nil, fmt.Errorf("line %d: the operation has callbacks: this project has no place for them", value.Line)
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
			return each(value, func(_ string, header *yaml.Node) (*yaml.Node, error) { return r.parameter(header) })
		case "links":
			return each(value, func(_ string, link *yaml.Node) (*yaml.Node, error) { return r.replace(link, 0) })
		case "content":
			return r.content(value)
		}
		return value, nil
	})
}

// parameter resolves a parameter or a header.
func (r *resolver) parameter(n *yaml.Node) (*yaml.Node, error) {
	n, err := r.replace(n, 0)
	if err != nil {
		return nil, err
	}
	return each(n, r.described)
}

func (r *resolver) content(n *yaml.Node) (*yaml.Node, error) {
	return each(n, func(_ string, mediaType *yaml.Node) (*yaml.Node, error) { return each(mediaType, r.described) })
}

// described resolves the fields that parameters, headers and media types share.
func (r *resolver) described(key string, value *yaml.Node) (*yaml.Node, error) {
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

// topSchema resolves the schema of a parameter or body: in place, unless the
// schema refers to itself, which only a reference can express.
func (r *resolver) topSchema(n *yaml.Node) (*yaml.Node, error) {
	ref := field(n, "$ref")
	if ref == nil || !strings.HasPrefix(ref.Value, schemasPrefix) || r.recursive(ref.Value) {
		return r.schema(n)
	}
	n, err := r.replace(n, 0)
	if err != nil {
		return nil, err
	}
	return r.schema(n)
}

// recursive reports whether following the schema's references leads back to it.
func (r *resolver) recursive(ref string) bool {
	probe := resolver{root: r.root, schemas: map[string]*yaml.Node{}}
	target, err := lookup(r.root, scalar(ref))
	if err != nil {
		return false // reported by whoever follows it
	}
	if _, err := probe.schema(target); err != nil {
		return false
	}
	_, again := probe.schemas[schemaName(ref)]
	return again
}

// schema copies a schema and carries along every schema it refers to.
func (r *resolver) schema(n *yaml.Node) (*yaml.Node, error) {
	if ref := field(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode {
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

// carry notes that the schema behind a reference is needed.
func (r *resolver) carry(ref *yaml.Node) error {
	name := schemaName(ref.Value)
	if name == "" {
		return fmt.Errorf("line %d: $ref %q: a schema may refer to %sNAME only", ref.Line, ref.Value, schemasPrefix)
	}
	if _, known := r.schemas[name]; known {
		return nil
	}
	if _, err := lookup(r.root, ref); err != nil {
		return err
	}
	r.schemas[name] = mapping(0) // holds the place, so that a cycle ends
	schema, err := r.schema(field(field(field(r.root, "components"), "schemas"), name))
	if err != nil {
		return err
	}
	r.schemas[name] = schema
	return nil
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

// replace returns what a reference object points to, or the object itself. The
// summary and description that OpenAPI 3.1 allows beside a $ref win over those
// of the target.
func (r *resolver) replace(n *yaml.Node, depth int) (*yaml.Node, error) {
	ref := field(n, "$ref")
	if ref == nil {
		return n, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: $ref %q leads back to itself", ref.Line, ref.Value)
	}
	target, err := lookup(r.root, ref)
	if err != nil {
		return nil, err
	}
	if target, err = r.replace(target, depth+1); err != nil {
		return nil, err
	}
	if !slices.Contains(r.inPlace, ref.Value) {
		r.inPlace = append(r.inPlace, ref.Value)
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
func lookup(root, ref *yaml.Node) (*yaml.Node, error) {
	pointer, local := strings.CutPrefix(ref.Value, "#/")
	if !local {
		return nil, fmt.Errorf("line %d: $ref %q leads out of the document: only references inside it are followed", ref.Line, ref.Value)
	}
	n := root
	for _, token := range strings.Split(pointer, "/") {
		token = unescapePointer(token)
		if list := items(n); list != nil {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(list) {
				n = nil
			} else {
				n = list[i]
			}
		} else {
			n = field(n, token)
		}
		if n == nil {
			return nil, fmt.Errorf("line %d: $ref %q points to nothing", ref.Line, ref.Value)
		}
	}
	return n, nil
}

func unescapePointer(token string) string {
	if plain, err := url.PathUnescape(token); err == nil {
		token = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}
