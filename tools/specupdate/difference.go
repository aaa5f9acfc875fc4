package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A difference is one place in the document with another value.
type difference struct {
	// At is the place, as keys joined by " > ".
	At string `json:"at"`
	// Was and Now are JSON, or empty if there was or is no value.
	Was string `json:"was,omitempty"`
	Now string `json:"now,omitempty"`
}

// A located difference knows its place in the tree.
type located struct {
	difference
	at       []string
	parent   *yaml.Node // in the old tree: the object or list that contains was, or will contain now
	key      string     // of the value, if parent is an object
	was, now *yaml.Node // nil if there is no value
}

// differences lists every place where two aligned documents differ.
func differences(was, now *yaml.Node) []located {
	var d differ
	d.compare(located{was: was, now: now})
	return d.found
}

type differ struct{ found []located }

func (d *differ) compare(l located) {
	was, now := l.was, l.now
	if was == nil || now == nil || was.Kind != now.Kind || was.Kind == yaml.ScalarNode {
		if l.Was, l.Now = inline(was), inline(now); l.Was != l.Now {
			l.At = strings.Join(l.at, " > ")
			d.found = append(d.found, l)
		}
		return
	}
	before, after := parts(was), parts(now)
	for _, part := range before.names {
		d.compare(l.step(part, before.value[part], after.value[part]))
	}
	for _, part := range after.names {
		if before.value[part] == nil {
			d.compare(l.step(part, nil, after.value[part]))
		}
	}
}

func (l located) step(part string, was, now *yaml.Node) located {
	return located{at: append(l.at[:len(l.at):len(l.at)], part), parent: l.was, key: part, was: was, now: now}
}

// applied returns the content of parent with only this difference applied.
func (l located) applied() []*yaml.Node {
	var out []*yaml.Node
	if l.parent.Kind == yaml.SequenceNode {
		for _, item := range l.parent.Content {
			switch {
			case item != l.was:
				out = append(out, item)
			case l.now != nil:
				out = append(out, l.now)
			}
		}
	} else {
		for key, value := range fields(l.parent) {
			switch {
			case value != l.was:
				out = append(out, key, value)
			case l.now != nil:
				out = append(out, key, l.now)
			}
		}
		if l.was == nil {
			out = append(out, scalar(l.key))
		}
	}
	if l.was == nil {
		out = append(out, l.now)
	}
	return out
}

type named struct {
	names []string
	value map[string]*yaml.Node
	taken map[string]int // how often a name was repeated
}

// parts names the members of an object or a list. Members of a list are named by
// their identifying fields, so that an insertion at the front is one difference.
func parts(n *yaml.Node) named {
	out := named{value: map[string]*yaml.Node{}, taken: map[string]int{}}
	for key, value := range fields(n) {
		out.put(key.Value, value)
	}
	for i, item := range items(n) {
		switch {
		case item.Kind == yaml.ScalarNode:
			out.put(inline(item), item)
		case field(item, "name") != nil:
			out.put(strings.TrimSpace(text(item, "in")+" "+text(item, "name")), item)
		case field(item, "url") != nil:
			out.put(text(item, "url"), item)
		default:
			out.put(fmt.Sprint(i), item)
		}
	}
	return out
}

// put adds a member. A repeated name gets a number, so that no member is lost.
func (n *named) put(name string, value *yaml.Node) {
	for n.value[name] != nil {
		n.taken[name]++
		name = fmt.Sprintf("%s (%d)", name, n.taken[name]+1)
	}
	n.names = append(n.names, name)
	n.value[name] = value
}

// inline is a value as JSON on one line, or "" for no value.
func inline(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return compactJSON(n)
}
