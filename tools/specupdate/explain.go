package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"go.yaml.in/yaml/v3"
)

// maxTried bounds the work of unexplained: the values of all the documents in
// which one difference alone is made. Hundreds of differences fit in the usual
// document, and none of that many is looked at one by one in a huge one.
const maxTried = 1 << 16

// unexplained turns differences in the contract that no rule has anything to say
// about into changes that break both sides. Each difference is judged by itself:
// what a rule says of one explains no other.
func unexplained(was, now *yaml.Node, changes []change) []change {
	t := trier{was: was, now: now, changes: changes, undo: map[string]located{}, left: newBudget(maxTried, "")}
	for _, l := range differences(now, was) {
		t.undo[l.place()] = l
	}
	var out []change
	for _, l := range differences(was, now) {
		if !l.documents() && !t.explained(l) {
			words := fmt.Sprintf("%s changed in a way no rule knows: was %s, now %s", l.At, orNothing(short(l.Was)), orNothing(short(l.Now)))
			out = append(out, newChange("unexplained", words, checker.ERR))
		}
	}
	return out
}

// trier finds out whether the rules have anything to say about a difference.
type trier struct {
	was, now *yaml.Node
	changes  []change           // between was and now
	undo     map[string]located // what turns now into was, by place
	left     budget
}

// explained reports whether a rule speaks when the difference alone is made, or
// falls silent when it alone is not: a property that is new and required, say,
// is two differences, and the second means nothing without the first.
func (t *trier) explained(l located) bool {
	alone, err := t.tried(t.was, l)
	if err != nil {
		return slices.ContainsFunc(t.changes, l.explainedBy)
	}
	if slices.ContainsFunc(alone, explains) {
		return true
	}
	without, err := t.tried(t.now, t.undo[l.place()])
	return err == nil && slices.ContainsFunc(t.changes, func(c change) bool { return explains(c) && !slices.Contains(without, c) })
}

// tried are the changes from the old document to root with one difference made.
// It is an error when that is no document, or when too much was tried already.
func (t *trier) tried(root *yaml.Node, l located) ([]change, error) {
	changed := *l.parent
	changed.Content = l.applied()
	next := replaced(root, l.parent, &changed)
	if err := t.left.spend(size(t.was) + size(next)); err != nil {
		return nil, err
	}
	return changesBetween(t.was, next)
}

// replaced returns the tree with one node in the place of another. What does not
// lead to it is shared.
func replaced(n, old, with *yaml.Node) *yaml.Node {
	if n == old {
		return with
	}
	for i, child := range n.Content {
		if next := replaced(child, old, with); next != child {
			out := *n
			out.Content = slices.Clone(n.Content)
			out.Content[i] = next
			return &out
		}
	}
	return n
}

// explains: that the version was not raised is said of any breaking change.
func explains(c change) bool {
	return !strings.HasPrefix(c.ID, "api-version-") && !strings.HasPrefix(c.ID, "api-major-version-")
}

// place tells one place from another, which At does not where a key holds " > ".
func (l located) place() string { return fmt.Sprintf("%q", l.at) }

// explainedBy is for a difference that cannot be tried alone: a breaking change
// in the same part of the operation explains it.
func (l located) explainedBy(c change) bool {
	for _, part := range []struct{ key, explains string }{
		{"servers", "server-"}, {"security", "api-security-"}, {"securitySchemes", "api-security-"},
		{"parameters", "request-"}, {"parameters", "new-"}, {"requestBody", "request-"}, {"responses", "response-"},
	} {
		if slices.Contains(l.at, part.key) && strings.HasPrefix(c.ID, part.explains) {
			return c.breaks()
		}
	}
	return false
}

// documentation are keys that explain the contract and do not change it.
var documentation = map[string]bool{
	"description": true, "summary": true, "title": true, "example": true, "examples": true,
	"externalDocs": true, "tags": true, "info": true, "openapi": true, "jsonSchemaDialect": true,
}

// documents reports whether a difference lies in documentation only.
func (l located) documents() bool {
	name := false // a key that is a name: a property named "description" is part of the contract
	for _, key := range l.at {
		if !name && (documentation[key] || strings.HasPrefix(key, "x-")) {
			return true
		}
		name = !name && nameMaps[key] && key != "examples"
	}
	return false
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
