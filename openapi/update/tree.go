package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A specification is held as a tree of yaml.Node whether it came as YAML or as
// JSON: the nodes keep the order of keys, which the vendored file keeps, and
// line numbers, which errors name.

// Limits that no specification comes near; a file that does is hostile or not
// a specification.
const (
	maxDepth = 200
	maxNodes = 1 << 20
)

// parseYAML reads one YAML document and makes it plain: aliases are expanded,
// keys are strings and unique, and every scalar is one that JSON has.
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
	p := plainer{left: maxNodes}
	return p.plain(doc.Content[0], 0)
}

type plainer struct{ left int }

func (p *plainer) plain(n *yaml.Node, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: nested deeper than %d levels", n.Line, maxDepth)
	}
	// Counted here, where aliases are expanded, so that a few lines of aliases
	// of aliases cannot fill the memory.
	if p.left--; p.left < 0 {
		return nil, fmt.Errorf("line %d: more than %d values", n.Line, maxNodes)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return p.plain(n.Alias, depth+1)
	case yaml.ScalarNode:
		return plainScalar(n)
	case yaml.SequenceNode:
		out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line}
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
			return nil, fmt.Errorf("line %d: merge keys (<<) are not taken: write the keys out", key.Line)
		}
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: a key must be a string", key.Line)
		}
		if seen[key.Value] {
			return nil, fmt.Errorf("line %d: the key %q stands twice in one object", key.Line, key.Value)
		}
		seen[key.Value] = true
		value, err := p.plain(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		// Unquoted, a status such as 202 is a number to YAML and a name to OpenAPI.
		add(out, key.Value, key.Line, value)
	}
	return out, nil
}

func plainScalar(n *yaml.Node) (*yaml.Node, error) {
	out := &yaml.Node{Kind: yaml.ScalarNode, Tag: n.ShortTag(), Value: n.Value, Line: n.Line}
	switch out.Tag {
	case "!!str", "!!null":
	case "!!timestamp": // JSON has no dates: an unquoted one is the text as it stands
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
		var v float64 // 0x10, 1_000, +1, .5: YAML's own ways to write a number
		if err := n.Decode(&v); err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("line %d: JSON has no number %q", n.Line, n.Value)
		}
		out.Value = jsonNumber(v)
	default:
		return nil, fmt.Errorf("line %d: a value of type %s has no place in OpenAPI", n.Line, out.Tag)
	}
	return out, nil
}

func mapping(line int) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: line}
}

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func add(n *yaml.Node, key string, line int, value *yaml.Node) {
	k := scalar(key)
	k.Line = line
	n.Content = append(n.Content, k, value)
}

// field returns the value of a key of a mapping, or nil.
func field(n *yaml.Node, key string) *yaml.Node {
	for k, v := range fields(n) {
		if k.Value == key {
			return v
		}
	}
	return nil
}

// fields yields the keys and values of a mapping in their order, and nothing
// for anything else.
func fields(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(k, v *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// keys lists the keys of a mapping in their order.
func keys(n *yaml.Node) []string {
	var out []string
	for key := range fields(n) {
		out = append(out, key.Value)
	}
	return out
}

// items yields the elements of a sequence, and nothing for anything else.
func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// clone copies a plain tree, so that changing one place of a document does not
// change another that was the same by reference.
func clone(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		out.Content[i] = clone(child)
	}
	return &out
}

// each maps the values of an object, dropping a key whose value becomes nil.
func each(n *yaml.Node, change func(key string, value *yaml.Node) (*yaml.Node, error)) (*yaml.Node, error) {
	if n == nil || n.Kind != yaml.MappingNode {
		return n, nil
	}
	out := mapping(n.Line)
	for key, value := range fields(n) {
		changed, err := change(key.Value, value)
		if err != nil {
			return nil, err
		}
		if changed != nil {
			add(out, key.Value, key.Line, changed)
		}
	}
	return out, nil
}

// eachItem maps the elements of a list.
func eachItem(n *yaml.Node, change func(*yaml.Node) (*yaml.Node, error)) (*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return n, nil
	}
	out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line}
	for _, item := range n.Content {
		changed, err := change(item)
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, changed)
	}
	return out, nil
}

// set gives a key of a mapping a value, in its place or at the end.
func set(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	add(n, key, value.Line, value)
}

// remove takes a key out of a mapping.
func remove(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}
