package daemon

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// sources returns the text of the production code in folders of this module.
func sources(t *testing.T, folders ...string) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", folder, files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// aReason is a reason in Go or in SQL.
var aReason = regexp.MustCompile(`(?i)\breason\w*\s*:?[=:]\s*["']([a-z_]+[a-z])["']`)

// otherReasons are not those of targets: those of checks, which are reasons of a pause, and
// of evidence beside an unchanged state.
var otherReasons = []string{
	"no_check", "check_forbidden", "account_not_shown", "wrong_mode", "mode_not_stated", "wrong_account", "references_shown",
}

// Every reason that the code gives to a target has metrics from the start.
func TestEveryReasonIsKnown(t *testing.T) {
	t.Parallel()
	known, seen := generalReasons(), 0
	for _, found := range aReason.FindAllStringSubmatch(sources(t, ".", "provider", "sqlstore"), -1) {
		seen++
		if !slices.Contains(known, found[1]) && !slices.Contains(otherReasons, found[1]) {
			t.Errorf("the reason %s has no metric: add it to generalOutcomes or laterReasons", found[1])
		}
	}
	if seen < 30 {
		t.Errorf("found only %d reasons", seen)
	}
}

// docs/operations.md has a row for every reason, with its meaning and what to do.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(guide), "\n## Reasons\n")
	section, _, _ = strings.Cut(section, "\n## ")
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (`+"`"+`[a-z].*?) \| (\S.*?) \| (\S.*?) \|$`).FindAllStringSubmatch(section, -1) {
		for _, reason := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(row[1], -1) {
			if explained[reason[1]] {
				t.Errorf("the reason %s has two rows", reason[1])
			}
			explained[reason[1]] = true
		}
	}
	for _, reason := range slices.Concat(generalReasons(), otherReasons) { // those of the catalogue: see package provider
		if reason != "" && !strings.HasPrefix(reason, "http_") && !explained[reason] {
			t.Errorf("the reason %s is not explained", reason)
		}
	}
	if !explained["http_"] {
		t.Error("the reasons that begin with http_ are not explained")
	}
}

// Every response that the server sends has a metric from the start.
func TestEveryResponseIsKnown(t *testing.T) {
	t.Parallel()
	statuses, codes := map[string]int{}, map[string]string{}
	for status := range 600 {
		if name := http.StatusText(status); name != "" {
			statuses[strings.ReplaceAll(name, " ", "")] = status
		}
	}
	for _, found := range regexp.MustCompile(`Code(\w+)\s*= "(\w+)"`).FindAllStringSubmatch(sources(t, "../internal/wire"), -1) {
		codes[found[1]] = found[2]
		if !wire.IsKnownCode(found[2]) {
			t.Errorf("%s is no code", found[2])
		}
	}
	seen := 0
	for _, found := range regexp.MustCompile(`errorResponse\(http\.Status(\w+), Code(\w+)`).FindAllStringSubmatch(sources(t, "../server"), -1) {
		seen++
		if !slices.Contains(responses[statuses[found[1]]], codes[found[2]]) {
			t.Errorf("the response %d %s has no metric", statuses[found[1]], codes[found[2]])
		}
	}
	if seen < 15 {
		t.Errorf("found only %d responses", seen)
	}
}
