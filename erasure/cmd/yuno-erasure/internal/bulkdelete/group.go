package bulkdelete

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

const (
	// maxGroups bounds the causes that are told apart: a server may send a new code each
	// time. What is beyond it is one group of each outcome.
	maxGroups = 50
	// maxNamed is how many members of a group a page names.
	maxNamed = 1000
	// maxShown is how many causes of an outcome the screen shows.
	maxShown = 5
)

// cause is what results of one group have in common.
type cause struct {
	Outcome bulk.Outcome `json:"outcome"`
	Status  int          `json:"status,omitempty"`
	Code    string       `json:"code,omitempty"`
}

// codeOther is the code of results that have no group of their own.
const codeOther = "other"

// name is the code if there is one.
func (c cause) name() string {
	switch {
	case c.Code != "":
		return c.Code
	case c.Status != 0:
		return fmt.Sprintf("status %d", c.Status)
	case c.Outcome == bulk.Invalid:
		return "not an id"
	}
	return codeOther
}

// group is the results with the same outcome for the same cause.
type group struct {
	cause
	Count int    `json:"count"`
	Hint  string `json:"hint,omitempty"`

	named []string // the first maxNamed: ids or, without a valid one, lines
}

// groups are the results of a list by outcome and cause.
type groups map[cause]*group

// add counts a result.
func (all groups) add(r bulk.Result) {
	of := cause{Outcome: r.Outcome}
	if r.Outcome != bulk.Accepted && r.Outcome != bulk.Invalid {
		of.Status, of.Code = r.Status, r.Code
	}
	if all[of] == nil && len(all) >= maxGroups {
		of = cause{Outcome: r.Outcome, Code: codeOther}
	}
	g := all[of]
	if g == nil {
		g = &group{cause: of}
		all[of] = g
	}
	g.Count++
	if r.Outcome != bulk.Accepted && len(g.named) < maxNamed {
		g.named = append(g.named, memberName(r))
	}
}

func memberName(r bulk.Result) string {
	if r.Outcome != bulk.Invalid {
		return idText(r)
	}
	return fmt.Sprintf("line %d: %s", r.Line, r.Reason)
}

// outcomeOrder is that of summaries: what needs somebody comes first.
var outcomeOrder = []bulk.Outcome{bulk.Failed, bulk.MaybeDeleted, bulk.NotFound, bulk.Invalid, bulk.Accepted}

// sorted returns the groups with their hints, by outcome, the largest of each first.
func (all groups) sorted(hint func(cause) string) []group {
	var list []group
	for _, g := range all {
		withHint := *g
		withHint.Hint = hint(g.cause)
		list = append(list, withHint)
	}
	slices.SortFunc(list, func(a, b group) int {
		return cmp.Or(
			slices.Index(outcomeOrder, a.Outcome)-slices.Index(outcomeOrder, b.Outcome),
			b.Count-a.Count, strings.Compare(a.Code, b.Code), a.Status-b.Status,
		)
	})
	return list
}

// needAttention are the groups that somebody has to look at.
func needAttention(sorted []group) []group {
	return slices.DeleteFunc(slices.Clone(sorted), func(g group) bool { return g.Outcome == bulk.Accepted })
}

// causesText has a line for each outcome but accepted: "3 failed: 2 tls_failed (the
// certificate is not trusted: ...), 1 timeout (...)".
func causesText(sorted []group) string {
	byOutcome := map[bulk.Outcome][]group{}
	for _, g := range needAttention(sorted) {
		byOutcome[g.Outcome] = append(byOutcome[g.Outcome], g)
	}
	var lines strings.Builder
	for _, outcome := range slices.SortedFunc(maps.Keys(byOutcome), func(a, b bulk.Outcome) int {
		return slices.Index(outcomeOrder, a) - slices.Index(outcomeOrder, b)
	}) {
		lines.WriteString(causesOf(outcome, byOutcome[outcome]) + "\n")
	}
	return lines.String()
}

func causesOf(outcome bulk.Outcome, list []group) string {
	total, more := 0, 0
	var texts []string
	for i, g := range list {
		total += g.Count
		if i >= maxShown {
			more += g.Count
			continue
		}
		texts = append(texts, fmt.Sprintf("%d %s (%s)", g.Count, g.name(), g.Hint))
	}
	if more > 0 {
		texts = append(texts, fmt.Sprintf("%d for %s", more, command.Count(len(list)-maxShown, "other reason", "other reasons")))
	}
	return fmt.Sprintf("%d %s: %s", total, strings.ReplaceAll(string(outcome), "_", " "), strings.Join(texts, ", "))
}
