package daemon_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exported are the metrics of a service, by name, with the values of each label.
type exported map[string]map[string][]string

var (
	aSample  = regexp.MustCompile(`(?m)^(\w+)(\{.*\})? \S+$`)
	aMatcher = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
)

// readMetrics reads what /metrics shows.
func readMetrics(text string) exported {
	all := exported{}
	for _, sample := range aSample.FindAllStringSubmatch(text, -1) {
		if all[sample[1]] == nil {
			all[sample[1]] = map[string][]string{"job": nil, "instance": nil} // of the scrape
		}
		for _, label := range aMatcher.FindAllStringSubmatch(sample[2], -1) {
			all[sample[1]][label[1]] = append(all[sample[1]][label[1]], label[3])
		}
	}
	return all
}

var (
	grouping  = regexp.MustCompile(`\b(by|without|on|ignoring)\s*\(([^)]*)\)`)
	subrange  = regexp.MustCompile(`\[[^\]]*\]`)
	aSelector = regexp.MustCompile(`\b([a-zA-Z_]\w*)\s*(\{[^}]*\}|\()?`)
	aWord     = regexp.MustCompile(`\w+`)
	operators = []string{"and", "or", "unless", "bool", "offset"}
)

// check reports what an expression in PromQL reads and the service does not export: metrics,
// labels, and values of labels. It knows the part of the language that our expressions use,
// and takes every name that it does not know for a metric; promtool knows the rest. It
// returns the labels of the metrics.
func (all exported) check(expr string) (labels []string, err error) {
	var groups []string
	for _, found := range grouping.FindAllStringSubmatch(expr, -1) {
		groups = append(groups, aWord.FindAllString(found[2], -1)...)
	}
	rest := subrange.ReplaceAllString(grouping.ReplaceAllString(expr, ""), "")
	metrics := 0
	for _, found := range aSelector.FindAllStringSubmatch(rest, -1) {
		name, matchers := found[1], found[2]
		if matchers == "(" || slices.Contains(operators, name) {
			continue
		}
		metric, ok := all[name]
		if !ok {
			return nil, fmt.Errorf("there is no metric %s", name)
		}
		metrics++
		for label := range metric {
			labels = append(labels, label)
		}
		if left := aMatcher.ReplaceAllString(matchers, ""); strings.Trim(left, "{}, ") != "" {
			return nil, fmt.Errorf("%s: cannot read %s", name, matchers)
		}
		for _, m := range aMatcher.FindAllStringSubmatch(matchers, -1) {
			values, ok := metric[m[1]]
			if !ok {
				return nil, fmt.Errorf("%s has no label %s", name, m[1])
			}
			if values != nil && !strings.Contains(m[3], "$") && !slices.ContainsFunc(values, matching(m[2], m[3])) {
				return nil, fmt.Errorf("%s has no %s that %s is for", name, m[1], m[0])
			}
		}
	}
	if metrics == 0 {
		return nil, fmt.Errorf("%s reads no metric", expr)
	}
	for _, label := range groups {
		if !slices.Contains(labels, label) {
			return nil, fmt.Errorf("no metric of %s has a label %s", expr, label)
		}
	}
	return labels, nil
}

// matching returns whether a value has a matcher's.
func matching(operator, text string) func(value string) bool {
	pattern := regexp.MustCompile(`^(?:` + text + `)$`)
	return func(value string) bool {
		switch operator {
		case "=":
			return value == text
		case "!=":
			return value != text
		case "!~":
			return !pattern.MatchString(value)
		}
		return pattern.MatchString(value)
	}
}

// The check notices each kind of mistake.
func TestCheckOfExpressions(t *testing.T) {
	t.Parallel()
	all := readMetrics("# HELP a_total x\na_total{status=\"202\",le=\"+Inf\"} 3\nb 1\n")
	for expr, want := range map[string]string{
		`max by (job) (b) > 0`: "",
		`sum by (job, le) (rate(a_total{status=~"20."}[5m])) / on (job) b`: "",
		`a_total{job=~"$job"} and b`:                                       "",
		`max(c)`:                                                           "there is no metric c",
		`b > c`:                                                            "there is no metric c",
		`b{status="1"}`:                                                    "b has no label status",
		`a_total{status="500"}`:                                            "a_total has no status",
		`a_total{status=~"5.."}`:                                           "a_total has no status",
		`a_total{status!="202"}`:                                           "a_total has no status",
		`a_total{status!~"2.."}`:                                           "a_total has no status",
		`max by (provider) (a_total)`:                                      "has a label provider",
		`vector(0)`:                                                        "reads no metric",
		`a_total{status}`:                                                  "cannot read",
	} {
		_, err := all.check(expr)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", expr, err, want)
		}
	}
}
