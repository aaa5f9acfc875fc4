package main

import (
	"fmt"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"go.yaml.in/yaml/v3"
)

// A difference is one place in the document whose value changed.
type difference struct {
	// At is the place, as keys joined by " > ".
	At string `json:"at"`
	// Was and Now are JSON; empty where there was nothing, or is nothing now.
	Was string `json:"was,omitempty"`
	Now string `json:"now,omitempty"`

	area string // what it belongs to, for unexplained; "" if it only documents
}

// differences lists every place where the two documents are not the same.
func differences(was, now *extraction) []difference {
	var d differ
	if was.path != now.path {
		d.found = append(d.found, difference{At: "paths", Was: was.path, Now: now.path}) // pathChanges explains it
	}
	d.compare(nil, aligned(was, was.path), aligned(now, was.path))
	return d.found
}

type differ struct{ found []difference }

func (d *differ) compare(at []string, was, now *yaml.Node) {
	switch {
	case was == nil || now == nil || was.Kind != now.Kind || was.Kind == yaml.ScalarNode:
		before, after := inline(was), inline(now)
		if before != after {
			d.found = append(d.found, difference{At: strings.Join(at, " > "), Was: short(before), Now: short(after), area: area(at)})
		}
	default:
		before, after := parts(was), parts(now)
		for _, part := range before.names {
			d.compare(step(at, part), before.value[part], after.value[part])
		}
		for _, part := range after.names {
			if before.value[part] == nil {
				d.compare(step(at, part), nil, after.value[part])
			}
		}
	}
}

func step(at []string, part string) []string { return append(at[:len(at):len(at)], part) }

type named struct {
	names []string
	value map[string]*yaml.Node
}

// parts names the members of an object or a list. Members of a list go by what
// tells them apart, so that one more in front is one difference and not many.
func parts(n *yaml.Node) named {
	out := named{value: map[string]*yaml.Node{}}
	put := func(name string, value *yaml.Node) {
		if out.value[name] == nil {
			out.names = append(out.names, name)
			out.value[name] = value
		}
	}
	for key, value := range fields(n) {
		put(key.Value, value)
	}
	for i, item := range items(n) {
		switch {
		case item.Kind == yaml.ScalarNode:
			put(fmt.Sprintf("%s (%d)", inline(item), countBefore(n, i)), item)
		case field(item, "name") != nil:
			put(strings.TrimSpace(text(item, "in")+" "+text(item, "name")), item)
		case field(item, "url") != nil:
			put(text(item, "url"), item)
		default:
			put(fmt.Sprint(i), item)
		}
	}
	return out
}

// countBefore counts the equal scalars in front of item i, so that a repeated
// value is not lost.
func countBefore(n *yaml.Node, i int) int {
	count := 0
	for _, item := range n.Content[:i] {
		if item.Kind == yaml.ScalarNode && item.Value == n.Content[i].Value {
			count++
		}
	}
	return count
}

// inline is a value as JSON on one line, or "" for no value.
func inline(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return compactJSON(n)
}

// documentation are keys that explain the contract and do not change it.
var documentation = map[string]bool{
	"description": true, "summary": true, "title": true, "example": true, "examples": true,
	"externalDocs": true, "tags": true, "info": true, "openapi": true, "jsonSchemaDialect": true,
}

// area is what a place belongs to. It knows objects whose keys are names from
// keys that are keywords: a property named "description" is part of the contract.
func area(at []string) string {
	name := false
	for _, key := range at {
		if !name && (documentation[key] || strings.HasPrefix(key, "x-")) {
			return ""
		}
		name = !name && (key == "properties" || key == "schemas" || key == "patternProperties" || key == "headers" ||
			key == "responses" || key == "paths" || key == "securitySchemes" || key == "content" || key == "parameters")
	}
	place := " " + strings.Join(at, " ") + " "
	for _, a := range areas {
		if strings.Contains(place, " "+a.key+" ") {
			return a.key
		}
	}
	return "other"
}

// areas pairs the part of the document where a difference lies with the names
// of the changes that explain it. The first that occurs in the place decides.
var areas = []struct {
	key      string
	explains []string
}{
	{"servers", []string{"server-"}},
	{"securitySchemes", []string{"api-security-", "api-global-security-"}},
	{"security", []string{"api-security-", "api-global-security-"}},
	{"operationId", []string{"api-operation-id-"}},
	{"deprecated", []string{"endpoint-deprecated", "endpoint-reactivated", "request-parameter-", "response-"}},
	{"parameters", []string{"request-", "new-"}},
	{"requestBody", []string{"request-", "new-"}},
	{"responses", []string{"response-"}},
	{"schemas", []string{"response-", "request-", "api-schema-removed"}},
}

// unexplained turns differences in the contract that no change accounts for
// into changes that break both sides.
func unexplained(all []difference, changes []change) []change {
	var out []change
	for _, d := range all {
		if d.area == "" || explained(d.area, changes) {
			continue
		}
		words := fmt.Sprintf("%s changed in a way no rule knows: was %s, now %s", d.At, orNothing(d.Was), orNothing(d.Now))
		out = append(out, newChange("unexplained", words, checker.ERR))
	}
	return out
}

func explained(key string, changes []change) bool {
	for _, a := range areas {
		if a.key != key {
			continue
		}
		for _, c := range changes {
			for _, prefix := range a.explains {
				if strings.HasPrefix(c.ID, prefix) {
					return true
				}
			}
		}
	}
	return false
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
