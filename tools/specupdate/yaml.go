package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds the nesting of a document. Specifications stay far below it.
const maxDepth = 200

// parseYAML reads one YAML document into a plain tree: aliases are expanded, keys
// are unique strings, and every scalar has a JSON form.
func parseYAML(content []byte) (*yaml.Node, error) {
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(content))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("empty document")
	case err != nil:
		return nil, err
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document (---): want one")
	}
	p := plainer{budget: newBudget(maxNodes, "the document")}
	return p.plain(doc.Content[0], 0)
}

type plainer struct{ budget }

func (p *plainer) plain(n *yaml.Node, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: nested deeper than %d levels", n.Line, maxDepth)
	}
	// Counted here, where aliases are expanded, so that a few lines of aliases
	// of aliases cannot fill the memory.
	if err := p.spend(1); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return p.plain(n.Alias, depth+1)
	case yaml.ScalarNode:
		return plainScalar(n)
	case yaml.SequenceNode:
		out := sequence(n.Line)
		for _, item := range n.Content {
			plain, err := p.plain(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.Content = append(out.Content, plain)
		}
		return out, nil
	default:
		return p.plainMapping(n, depth)
	}
}

func (p *plainer) plainMapping(n *yaml.Node, depth int) (*yaml.Node, error) {
	out, seen := mapping(n.Line), map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.ShortTag() == "!!merge" {
			return nil, fmt.Errorf("line %d: merge keys (<<) are not supported: write the keys out", key.Line)
		}
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: a key must be a string", key.Line)
		}
		if seen[key.Value] {
			return nil, fmt.Errorf("line %d: the key %q is duplicated in one object", key.Line, key.Value)
		}
		seen[key.Value] = true
		value, err := p.plain(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		// An unquoted status such as 202 is a number in YAML and a name in OpenAPI.
		add(out, key.Value, key.Line, value)
	}
	return out, nil
}

func plainScalar(n *yaml.Node) (*yaml.Node, error) {
	out := &yaml.Node{Kind: yaml.ScalarNode, Tag: n.ShortTag(), Value: n.Value, Line: n.Line}
	switch out.Tag {
	case "!!str", "!!null":
	case "!!timestamp": // JSON has no dates: an unquoted date is text
		out.Tag = "!!str"
	case "!!bool":
		var v bool
		if err := n.Decode(&v); err != nil {
			return nil, fmt.Errorf("line %d: %q is not a boolean", n.Line, n.Value)
		}
		out.Value = fmt.Sprint(v)
	case "!!int", "!!float":
		if isJSONNumber(n.Value) {
			break
		}
		var v float64 // notations that only YAML has, such as 0x10, 1_000, +1 and .5
		if err := n.Decode(&v); err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("line %d: JSON has no number %q", n.Line, n.Value)
		}
		out.Value = jsonNumber(v)
	default:
		return nil, fmt.Errorf("line %d: OpenAPI has no values of type %s", n.Line, out.Tag)
	}
	return out, nil
}
