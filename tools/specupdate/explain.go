package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"go.yaml.in/yaml/v3"
)

// maxTried bounds the work of unexplained, which builds a document for each
// difference: the sum of their values. For a document of usual size it allows
// hundreds of differences.
const maxTried = 1 << 16

// unexplained reports the differences in the contract that no rule covers, as
// changes that break both sides. Each difference is judged by itself: a rule that
// covers one difference does not explain another.
func unexplained(was, now *yaml.Node, changes []change) []change {
	t := trier{was: was, now: now, changes: changes, undo: map[string]located{}, budget: newBudget(maxTried, "")}
	for _, l := range differences(now, was) {
		t.undo[l.place()] = l
	}
	var out []change
	for _, l := range differences(was, now) {
		if !l.documents() && !t.explained(l) {
			words := fmt.Sprintf("%s changed, and no rule covers it: was %s, now %s", l.At, orNothing(short(l.Was)), orNothing(short(l.Now)))
			out = append(out, newChange("unexplained", words, checker.ERR))
		}
	}
	return out
}

// A trier finds out whether a rule covers a difference.
type trier struct {
	was, now *yaml.Node
	changes  []change           // between was and now
	undo     map[string]located // the opposite differences, from now to was, by place
	budget   budget
}

// explained reports whether a rule covers the document with only this difference,
// or no longer covers the new document without it. The second is for a new and
// required property, for example: two differences, of which the second has no
// meaning without the first.
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

// tried are the changes from the old document to root with one difference applied.
// It fails if the result is no document, or if the budget is spent.
func (t *trier) tried(root *yaml.Node, l located) ([]change, error) {
	changed := *l.parent
	changed.Content = l.applied()
	next := replaced(root, l.parent, &changed)
	if err := t.budget.spend(size(t.was) + size(next)); err != nil {
		return nil, err
	}
	return changesBetween(t.was, next)
}

// replaced returns the tree with one node replaced by another. All nodes that do
// not lead to it are shared.
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

// explains reports whether a change explains a difference. Complaints about the
// version do not: oasdiff adds them to any breaking change.
func explains(c change) bool {
	return !strings.HasPrefix(c.ID, "api-version-") && !strings.HasPrefix(c.ID, "api-major-version-")
}

// place identifies a place. At does not if a key contains " > ".
func (l located) place() string { return fmt.Sprintf("%q", l.at) }

// explainedBy is for a difference that cannot be tried alone. It is explained by a
// breaking change in the same part of the operation.
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

// documentation are keys that do not change the contract.
var documentation = map[string]bool{
	"description": true, "summary": true, "title": true, "example": true, "examples": true,
	"externalDocs": true, "tags": true, "info": true, "openapi": true, "jsonSchemaDialect": true,
}

// documents reports whether a difference is in documentation only.
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
