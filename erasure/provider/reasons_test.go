package provider

import (
	"slices"
	"testing"
)

func TestReasonsAreThoseOfTheRules(t *testing.T) {
	t.Parallel()
	c := describe(t, `
provider: test
title: Test
about: For a test.
parameters:
  base_url: {kind: url}
  key: {kind: secret}
auth: {bearer: "${key}"}
calls:
  - name: delete
    method: DELETE
    url: ${base_url}/c/${customer}
    answers:
      - {when: {status: 204}, then: succeeded}
      - {when: {status: 409}, then: deferred, reason: dispute_open, wait: 24h}
      - {when: {status: 422}, then: action_required, reason: request_refused}
afterwards: {then: action_required, reason: ask_by_form}
`, "http://127.0.0.1:1")
	if got, want := c.Reasons(), []string{"ask_by_form", "dispute_open", "request_refused"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var outcomes []string
	for _, o := range c.Outcomes() {
		outcomes = append(outcomes, string(o.Kind)+" "+o.Reason)
	}
	if want := []string{"action_required ask_by_form", "action_required request_refused", "deferred dispute_open", "succeeded "}; !slices.Equal(outcomes, want) {
		t.Errorf("got %q, want %q", outcomes, want)
	}
}
