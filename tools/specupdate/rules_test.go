package main

import (
	"slices"
	"testing"

	"github.com/oasdiff/oasdiff/checker"
)

// A change that oasdiff calls harmless may break the other side.
func TestNewChange(t *testing.T) {
	t.Parallel()
	cases := []struct {
		id             string
		level          checker.Level
		client, server bool
	}{
		{"response-property-became-required", checker.INFO, false, true},
		{"response-write-only-property-became-required", checker.INFO, false, false}, // is never in a response
		{"request-parameter-removed-with-deprecation", checker.INFO, false, false},   // was announced
		{"request-property-became-optional", checker.INFO, false, true},
		{"response-optional-property-added", checker.INFO, false, false},
		{"api-security-added", checker.INFO, false, true},
		{"response-property-became-optional", checker.ERR, true, false}, // their responses are still in the contract
		{"response-property-type-changed", checker.ERR, true, true},
		{"api-security-removed", checker.ERR, true, true},
		{"a-rule-of-tomorrow", checker.ERR, true, true},
		{"a-rule-of-tomorrow", checker.INFO, false, false},
	}
	for _, c := range cases {
		got := newChange(c.id, "", c.level)
		if (got.ClientUsers != "") != c.client || (got.ServerImplementers != "") != c.server {
			t.Errorf("%s: %+v", c.id, got)
		}
	}
}

// A rule for an ID that oasdiff does not have would never apply.
func TestRulesNameKnownChanges(t *testing.T) {
	t.Parallel()
	known := append(checker.GetAllRuleIds(), "path-changed", "path-parameter-renamed", "server-removed", "server-base-path", "response-body-added", "response-header-required")
	for id := range severities {
		if !slices.Contains(known, id) {
			t.Errorf("severity for %q, which oasdiff does not know", id)
		}
	}
	for _, r := range rules {
		if !slices.ContainsFunc(known, r.matches) {
			t.Errorf("rule %q matches no change that oasdiff knows", r.name)
		}
	}
}
