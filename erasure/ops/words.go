package ops

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// functions are what templates call.
var functions = template.FuncMap{
	"asset":   func(name string) string { return assetNames[name] },
	"words":   func(code any) string { return words(fmt.Sprint(code)) },
	"state":   stateOf,
	"number":  number,
	"count":   count,
	"span":    span,
	"since":   func(now, then time.Time) string { return span(now.Sub(then)) },
	"utc":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05") },
	"date":    func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
	"day":     func(t time.Time) string { return t.UTC().Format("2 Jan") },
	"clock":   func(t time.Time) string { return t.UTC().Format("15:04") },
	"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"short":   func(id string) string { return id[:min(len(id), 13)] },
	"within":  Within,
	"link":    link,
	"row":     func(values ...any) []any { return values },
}

// link returns the address of the question of an action, with pairs of names and values.
func link(deed string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/act/" + deed + "?" + q.Encode()
}

// words returns a code in snake_case as words.
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

// shownState is a state as people read it. The mark has a shape of its own for each kind,
// because not everybody tells colours apart.
type shownState struct{ Kind, Text string }

// stateOf returns a state of an erasure or a target.
func stateOf(state any) shownState {
	code := fmt.Sprint(state)
	switch code {
	case string(erasure.ErasureAttentionRequired), string(erasure.TargetActionRequired):
		return shownState{"attention", "needs a person"}
	case string(erasure.TargetFailed):
		return shownState{"attention", "failed"}
	case string(erasure.ErasureCompleted), string(erasure.TargetSucceeded), string(erasure.TargetAlreadyGone):
		return shownState{"done", words(code)}
	case string(erasure.ErasureCompletedWithExceptions), string(erasure.TargetNotSupported):
		return shownState{"except", words(code)}
	}
	return shownState{"open", words(code)}
}

// number returns a number with a thin space between thousands.
func number(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// count returns a number with its noun.
func count(n int, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return number(n) + " " + plural
}

// span returns a duration in its greatest unit, of which there are at least two: "90 minutes".
func span(d time.Duration) string {
	d = max(d, 0)
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= 2*unit.length || d == unit.length {
			return count(int(d/unit.length), unit.name, unit.name+"s")
		}
	}
	return "a moment"
}
