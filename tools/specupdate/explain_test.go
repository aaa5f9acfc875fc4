package main

import (
	"strings"
	"testing"
)

// A name that equals a documentation key is part of the contract.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{
		"info version":                          true,
		"paths /p delete description":           true,
		"paths /p delete x-a b":                 true,
		"paths /p delete tags \"a\"":            true,
		"schema properties code example":        true,
		"schema properties description type":    false,
		"schema properties x-a type":            false,
		"responses 400 headers x-trace schema":  false,
		"content application/json examples a b": true,
		"schema properties properties title":    true,
		"schema properties code maxLength":      false,
		"components securitySchemes title in":   false,
	} {
		if got := (located{at: strings.Fields(at)}).documents(); got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
}

func TestExplains(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{"api-version-not-bumped": false, "api-major-version-not-bumped": false, "response-x": true} {
		if explains(change{ID: id}) != want {
			t.Errorf("%s: %v", id, !want)
		}
	}
}

// A difference that cannot be tried alone is explained only by a breaking change in
// its own part of the operation.
func TestExplainedBy(t *testing.T) {
	t.Parallel()
	breaking := func(id string) change { return change{ID: id, ClientUsers: "x"} }
	cases := []struct {
		at   string
		by   change
		want bool
	}{
		{"paths delete responses 400", breaking("response-x"), true},
		{"paths delete responses 400", change{ID: "response-x"}, false},
		{"paths delete responses 400", breaking("request-x"), false},
		{"paths delete parameters header", breaking("request-x"), true},
		{"paths delete parameters header", breaking("new-required-x"), true},
		{"paths delete requestBody", breaking("request-x"), true},
		{"paths delete security", breaking("api-security-x"), true},
		{"components securitySchemes k", breaking("api-security-x"), true},
		{"servers a", breaking("server-removed"), true},
		{"elsewhere", breaking("response-x"), false},
	}
	for _, c := range cases {
		if got := (located{at: strings.Fields(c.at)}).explainedBy(c.by); got != c.want {
			t.Errorf("%s by %+v: %v", c.at, c.by, got)
		}
	}
}
