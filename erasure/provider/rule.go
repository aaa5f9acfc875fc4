package provider

import (
	"net/http"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// rule says what a response means. It matches if all of its conditions do.
type rule struct {
	statuses     []statusRange // empty: any
	contentTypes []string      // empty: any but HTML
	headers      []headerMatch
	json         []jsonMatch
	contains     []containsMatch
	xml          []xmlMatch
	then         verdict
}

// verdict is the outcome that a rule gives to a response.
type verdict struct {
	kind   erasure.OutcomeKind
	reason string
	// wait is the least time until the next attempt. A Retry-After can make it longer.
	wait time.Duration
	// certain means that the response shows by itself that the provider knew what was
	// to be deleted, so that already_gone needs no other proof.
	certain bool
}

// words are the values of `then`, in the order in which messages list them. The rules
// of a call use the kinds of outcome; those of a check and of a verify have words of
// their own.
type words []word

// word is one value of `then`.
type word struct {
	text string
	then verdict
	// needsReason means that the rule must have a reason; else it may have one only if
	// mayReason.
	needsReason, mayReason bool
	needsWait, mayWait     bool
	// claims means that the word says that something does not exist. A rule that says so
	// must name the provider's own words: a wrong URL also returns 404.
	claims bool
}

var callWords = words{
	{text: "succeeded", then: verdict{kind: erasure.OutcomeSucceeded}, mayReason: true},
	{text: "already_gone", then: verdict{kind: erasure.OutcomeAlreadyGone}, mayReason: true, claims: true},
	{text: "not_supported", then: verdict{kind: erasure.OutcomeNotSupported}, needsReason: true},
	{text: "action_required", then: verdict{kind: erasure.OutcomeActionRequired}, needsReason: true},
	{text: "deferred", then: verdict{kind: erasure.OutcomeDeferred}, needsReason: true, needsWait: true},
	{text: "retry", then: verdict{kind: erasure.OutcomeRetry}, needsReason: true, mayWait: true},
}

// readRules reads the list under an `answers` field.
func readRules(n node, words words) []rule {
	if !n.exists() {
		return nil
	}
	var rules []rule
	for _, item := range n.items() {
		fields := item.fields("when", "then", "reason", "wait", "certain")
		r := rule{then: readVerdict(item, fields, words)}
		if certain := fields["certain"]; certain.exists() {
			r.then.certain = certain.oneOf("true", "false") == "true"
			if r.then.kind != erasure.OutcomeAlreadyGone {
				certain.fail("has no meaning here: only already_gone can be certain")
			}
		}
		if when := fields["when"]; when.need(item) {
			r.readCondition(when)
			if r.then.kind == erasure.OutcomeSucceeded && slices.ContainsFunc(r.statuses, func(s statusRange) bool { return s.first < 200 || s.last > 299 }) {
				when.fail("must have statuses from 200 to 299: no other is that of a success")
			}
			if i := words.find(fields["then"]); i >= 0 && words[i].claims && !r.namesWords() {
				when.fail("must name the provider's own words, because a wrong URL or proxy also returns 404: " +
					"add json, contains or xml with the text that says so")
			}
		}
		rules = append(rules, r)
	}
	return rules
}

// namesWords reports whether the rule depends on a value in the body. That a place
// exists, or is null, is not enough.
func (r rule) namesWords() bool {
	return len(r.contains) > 0 || len(r.xml) > 0 || slices.ContainsFunc(r.json, func(m jsonMatch) bool {
		return len(m.values) > 0 && !slices.Contains(m.values, "null")
	})
}

// readsBody reports whether the rule depends on the body.
func (r rule) readsBody() bool { return len(r.json)+len(r.contains)+len(r.xml) > 0 }

// fits reports whether a rule that names no status can give this verdict to a response
// with that one. The same words are also in responses about keys, limits and outages.
func (v verdict) fits(status int) bool {
	switch v.kind {
	case erasure.OutcomeSucceeded:
		return status >= 200 && status < 300
	case erasure.OutcomeAlreadyGone:
		return status >= 200 && status < 300 || status >= 400 && status < 500 && !slices.Contains(aboutTheCaller, status)
	}
	return true
}

// aboutTheCaller are statuses that say nothing about what was to be deleted.
var aboutTheCaller = []int{
	http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired,
	http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
}

func (ws words) texts() []string {
	texts := make([]string, len(ws))
	for i, w := range ws {
		texts[i] = w.text
	}
	return texts
}

// find returns the index of the word at a node, or -1.
func (ws words) find(n node) int {
	if !n.exists() {
		return -1
	}
	return slices.IndexFunc(ws, func(w word) bool { return w.text == n.yaml.Value })
}

// readVerdict reads then, reason and wait.
func readVerdict(in node, fields map[string]node, words words) verdict {
	then, reason, wait := fields["then"], fields["reason"], fields["wait"]
	text := then.oneOf(words.texts()...)
	i := slices.Index(words.texts(), text)
	v := words[i].then
	if reason.exists() {
		v.reason = reason.code()
	}
	v.wait = wait.duration(365*24*time.Hour, 0)
	if !then.need(in) {
		return v
	}
	switch w := words[i]; {
	case w.needsReason && !reason.exists():
		node{in.doc, reason.path, in.yaml}.fail("is missing: %s needs one", text)
	case !w.needsReason && !w.mayReason && reason.exists():
		reason.fail("has no meaning for %s", text)
	}
	switch w := words[i]; {
	case w.needsWait && !wait.exists():
		node{in.doc, wait.path, in.yaml}.fail("is missing: %s needs a time to wait", text)
	case !w.needsWait && !w.mayWait && wait.exists():
		wait.fail("has no meaning for %s", text)
	}
	return v
}
