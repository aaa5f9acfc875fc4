package main

import (
	"iter"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Specifications are trees of yaml.Node, from YAML and from JSON: the nodes keep the
// order of keys for the vendored file, and line numbers for errors. A plain tree has
// no aliases, unique keys, and only values that JSON has.

func mapping(line int) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: line}
}

func sequence(line int, items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: line, Content: items}
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

// text is the scalar at the end of a path of keys, or "".
func text(n *yaml.Node, keys ...string) string {
	for _, key := range keys {
		n = field(n, key)
	}
	if n == nil {
		return ""
	}
	return n.Value
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

// size counts the values in a tree.
func size(n *yaml.Node) int {
	total := 1
	for _, child := range n.Content {
		total += size(child)
	}
	return total
}
