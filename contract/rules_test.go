package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// ruleTests have an exchange per rule. What is found in it changes if the rule is left out.
var ruleTests = []struct {
	rule  string // as named by eachRule
	want  []Rule // found with the rule
	judge func(*testing.T, *Checker) []Violation
}{
	{"path dot-segment", []Rule{RulePath}, judgeRequest(to(base + "/customers/%2E%2e"))},
	{"path empty-segment", []Rule{RulePath}, judgeRequest(method("GET"), to(base+"/customers//erasures"))},
	{"path trailing-slash", []Rule{RulePath}, judgeRequest(to(base + "/customers/c1/"))},
	{"path missing-segment", []Rule{RulePath}, judgeRequest(to(base + "/customers"))},
	{"request unescape-path-parameters", nil, judgeRequest(to(base + "/customers/" + strings.Repeat("%C3%A9", 64)))},
	{"request repeated-header", []Rule{RuleHeaderRepeated}, judgeRequest(with(accountHeader, first.code, first.code))},
	{"request empty-header", []Rule{RuleHeaderEmpty}, judgeRequest(with(accountHeader, ""))},
	{"request repeated-query-parameter", []Rule{RuleQueryParameter}, judgeRequest(method("GET"), to(base+"/items?limit=1&limit=2"))},
	{"request undocumented-query", []Rule{RuleQuery}, judgeRequest(to(rightURL + "?a=b"))},
	{"request undocumented-body", []Rule{RuleRequestBody}, judgeRequest(chunked("{}"))},
	{"url key-elsewhere", []Rule{RuleKeyLeaked}, judgeRequest(with("Authorization", first.secretKey))},
	{"sent redirect-followed", []Rule{RuleRedirected}, judgeRequest(func(r *http.Request) { r.Response = &http.Response{StatusCode: 307} })},
	{"sent repeated-header-elsewhere", []Rule{RuleHeaderElsewhere}, judgeRequest(method("GET"), to(base+"/items"), with(accountHeader, "a", "b"))},
	{"sent hint-at-order", []Rule{RuleKeyMissing, RuleKeyMissing}, judgeRequest(without(publicHeader, secretHeader))},
	{"sent plaintext", []Rule{RulePlaintext}, judgeRequest(to("http://api.y.uno/v1/customers/c1"))},
	{"response key-echoed", []Rule{RuleKeyEchoed}, judgeResponse(responds(202, "", "X-Key", first.secretKey))},
	{"response documented-status", []Rule{RuleStatus}, judgeResponse(responds(307, ""))},
	{"response refused-elsewhere", []Rule{RuleStatus}, judgeResponse(responds(404, errorBody, "Content-Type", jsonMedia), method("PUT"))},
	{"response accepted-although-wrong", []Rule{RuleAccepted}, judgeResponse(responds(202, ""), without(secretHeader))},
	{"body no-body-for-head", nil, judgeResponse(responds(405, "", "Allow", "DELETE"), method("HEAD"))},
	{"body body-too-large", []Rule{RuleBodyTooLarge}, judgeResponse(responds(400, errorBody+strings.Repeat(" ", MaxStrictBody), "Content-Type", jsonMedia))},
	{"body announced-length", []Rule{RuleTruncated}, judgeResponse(Response{StatusCode: 202, Truncated: true})},
	{"body undocumented-body", []Rule{RuleBodyUnexpected}, judgeResponse(responds(202, "x"))},
	{"body one-media-type", []Rule{RuleContentType}, judgeResponse(responds(400, errorBody, "Content-Type", jsonMedia, "Content-Type", jsonMedia))},
	{"body missing-body", []Rule{RuleBodyMissing}, judgeResponse(responds(400, "", "Content-Type", jsonMedia))},
	{"body one-json-value", []Rule{RuleJSONTrailing}, judgeResponse(responds(400, errorBody+"{}", "Content-Type", jsonMedia))},
	{"body duplicate-key", []Rule{RuleDuplicateKey}, judgeResponse(responds(400, `{"code":"A","code":"B","messages":["m"]}`, "Content-Type", jsonMedia))},
	{"body unknown-decoder", nil, judgeResponse(responds(200, "<a/>", "Content-Type", "application/xml"), method("GET"), to(base+"/items"))},
	{"promise allow", []Rule{RuleAllow}, judgeResponse(responds(405, errorBody, "Content-Type", jsonMedia))},
	{"promise retry-after", []Rule{RuleRetryAfter}, judgeResponse(responds(503, errorBody, "Content-Type", jsonMedia))},
	{"promise internal-text", []Rule{RuleInternalText}, judgeResponse(responds(500, `{"code":"A","messages":["panic: x"]}`, "Content-Type", jsonMedia))},
}

func judgeRequest(edits ...edit) func(*testing.T, *Checker) []Violation {
	return func(t *testing.T, c *Checker) []Violation {
		r := rightRequest(t)
		all(edits...)(r)
		return c.JudgeRequest(r)
	}
}

func judgeResponse(resp Response, edits ...edit) func(*testing.T, *Checker) []Violation {
	return func(t *testing.T, c *Checker) []Violation {
		r := rightRequest(t)
		all(edits...)(r)
		return c.JudgeResponse(r, resp)
	}
}

func TestEachRuleMatters(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, tt := range ruleTests {
		tested[tt.rule] = true
		t.Run(tt.rule, func(t *testing.T) {
			t.Parallel()
			c := mustNew(t, WithDocument(severalOperations(t)), WithStrict())
			with := tt.judge(t, c)
			if got := (&recordingT{violations: with}).rules(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want rules %v", with, tt.want)
			}
			leaveOut := eachRule(&c.rules)[tt.rule]
			if leaveOut == nil {
				t.Fatal("there is no such rule")
			}
			leaveOut()
			if without := tt.judge(t, c); fmt.Sprint(with) == fmt.Sprint(without) {
				t.Errorf("the rule may be left out: still %v", without)
			}
		})
	}
	rules := allRules
	for name := range eachRule(&rules) {
		if !tested[name] {
			t.Errorf("rule %s has no test", name)
		}
	}
}

// eachRule returns functions that leave one rule out of a set, by the rule's name.
func eachRule(s *ruleSet) map[string]func() {
	list := map[string]func(){}
	for i, r := range s.path {
		list["path "+r.name] = func() { s.path = slices.Delete(slices.Clone(s.path), i, i+1) }
	}
	add(list, "request ", &s.request)
	add(list, "url ", &s.url)
	add(list, "sent ", &s.sent)
	add(list, "response ", &s.response)
	add(list, "body ", &s.body)
	add(list, "promise ", &s.promises)
	return list
}

func add[J any](list map[string]func(), table string, rules *[]rule[J]) {
	for i, r := range *rules {
		list[table+r.name] = func() { *rules = slices.Delete(slices.Clone(*rules), i, i+1) }
	}
}

func TestEachRuleHasANameAndAReason(t *testing.T) {
	t.Parallel()
	check := func(name, why string) {
		if name == "" || strings.ContainsAny(name, " _") || len(why) < 10 {
			t.Errorf("rule %q, why %q", name, why)
		}
	}
	for _, r := range allRules.path {
		check(r.name, r.why)
		if r.found == "" {
			t.Errorf("rule %s says nothing", r.name)
		}
	}
	for _, rules := range [][]rule[*requestJudgement]{allRules.request, allRules.url, allRules.sent} {
		for _, r := range rules {
			check(r.name, r.why)
		}
	}
	for _, rules := range [][]rule[*judgement]{allRules.response, allRules.body, allRules.promises} {
		for _, r := range rules {
			check(r.name, r.why)
		}
	}
}

// A path without a route is the most common mistake, and net/http's response to it is known.
func TestStatusNamesAPathWithoutARoute(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithStrict())
	for body, want := range map[string]bool{"404 page not found\n": true, "404 page not found": false, errorBody: false} {
		violations := fmt.Sprint(judgeResponse(responds(404, body, "Content-Type", "text/plain"))(t, c))
		if got := strings.Contains(violations, "has no route for this path"); got != want {
			t.Errorf("%q: got %s", body, violations)
		}
	}
}
