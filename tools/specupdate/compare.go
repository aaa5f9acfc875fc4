package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
	"go.yaml.in/yaml/v3"

	"github.com/getkin/kin-openapi/openapi3"
)

// compare reports what changes from was to now, and whose code breaks.
//
// Most changes come from oasdiff. It reports nothing for servers and for the name
// of a path parameter, and does not compare an operation whose path changed, so
// these have rules here. Differences that no rule covers are found by comparing the
// documents key by key, and count as breaking.
func compare(was, now *extraction) (report, error) {
	_, path := was.split()
	_, newPath := now.split()
	before, err := aligned(was, path)
	if err != nil {
		return report{}, err
	}
	after, err := aligned(now, path)
	if err != nil {
		return report{}, err
	}
	rep := report{
		Operation: was.id,
		Notice:    otherProvider(before, after),
		From:      headline(was.root),
		To:        headline(now.root),
		LeftOut:   now.leftOut,
		Resolved:  few(now.resolved, 20),
	}
	for _, d := range differences(before, after) {
		rep.Differences = append(rep.Differences, d.difference)
	}
	if path != newPath {
		rep.Differences = append([]difference{{At: "paths", Was: path, Now: newPath}}, rep.Differences...)
	}
	rep.Rewritten = len(rep.Differences) == 0 && !bytes.Equal(encodeJSON(was.root), encodeJSON(now.root))

	shareSchemas(before, after)
	changes, err := changesBetween(before, after)
	if err != nil {
		return report{}, err
	}
	rep.Changes = append(pathChanges(path, newPath), changes...)
	rep.Changes = append(rep.Changes, unexplained(before, after, changes)...)
	return rep, nil
}

// changesBetween are the changes between two aligned documents that a rule covers.
func changesBetween(was, now *yaml.Node) ([]change, error) {
	words, err := oasdiffChanges(was, now)
	return slices.Concat(serverChanges(was, now), responseChanges(was, now), words), err
}

func headline(root *yaml.Node) string {
	return strings.TrimSpace(text(root, "info", "title") + " " + text(root, "info", "version"))
}

// pathChanges reports a moved path and a renamed parameter.
func pathChanges(was, now string) []change {
	var out []change
	if pathParameter.ReplaceAllString(was, "{}") != pathParameter.ReplaceAllString(now, "{}") {
		out = append(out, newChange("path-changed", fmt.Sprintf("the path %s is now %s", was, now), checker.ERR))
	}
	before, after := pathParameter.FindAllString(was, -1), pathParameter.FindAllString(now, -1)
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			out = append(out, newChange("path-parameter-renamed", fmt.Sprintf("the path parameter %s is now named %s", before[i], after[i]), checker.ERR))
		}
	}
	return out
}

// responseChanges finds what oasdiff calls harmless and a server must add: a body
// where none was, which oasdiff reports as a new media type, and a header that is
// required now.
func responseChanges(was, now *yaml.Node) []change {
	before, after := field(alignedOperation(was), "responses"), field(alignedOperation(now), "responses")
	var out []change
	for status, response := range fields(after) {
		old := field(before, status.Value)
		if old == nil {
			continue
		}
		if len(keys(field(old, "content"))) == 0 && len(keys(field(response, "content"))) > 0 {
			out = append(out, newChange("response-body-added", fmt.Sprintf("the response %s has a body now", status.Value), checker.WARN))
		}
		for name, header := range fields(field(response, "headers")) {
			if text(header, "required") == "true" && text(old, "headers", name.Value, "required") != "true" {
				out = append(out, newChange("response-header-required", fmt.Sprintf("the header %s of the response %s is required now", name.Value, status.Value), checker.WARN))
			}
		}
	}
	return out
}

// alignedOperation returns the only operation of an aligned document.
func alignedOperation(root *yaml.Node) *yaml.Node {
	for _, item := range fields(field(root, "paths")) {
		for key, op := range fields(item) {
			if slices.Contains(methods, key.Value) {
				return op
			}
		}
	}
	return nil
}

// severities raise changes that oasdiff considers harmless: generated code has a
// field or a type for each status and property, and loses it with them.
var severities = map[string]checker.Level{
	"response-success-status-added":       checker.WARN,
	"response-non-success-status-removed": checker.ERR,
	"response-non-success-status-added":   checker.WARN,
	"response-optional-property-removed":  checker.ERR,
	"request-body-added-optional":         checker.WARN,
}

var (
	localizer = checker.NewDefaultLocalizer() // expensive: it parses a large file
	allChecks = checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(severities))
)

// oasdiffChanges are oasdiff's changes between two aligned documents. Without
// alignment it would report a moved path as a removed and an added operation only.
func oasdiffChanges(was, now *yaml.Node) ([]change, error) {
	before, err := specInfo(was, "vendored")
	if err != nil {
		return nil, err
	}
	after, err := specInfo(now, "new")
	if err != nil {
		return nil, err
	}
	d, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before, after)
	if err != nil {
		return nil, fmt.Errorf("comparing: %s", oneLine(err))
	}
	var out []change
	seen := map[[2]string]bool{}
	for _, found := range checker.CheckBackwardCompatibilityUntilLevel(allChecks, d, sources, checker.INFO) {
		words := messageOrRule(found.GetUncolorizedText(localizer), found.GetId())
		if key := [2]string{found.GetId(), words}; !seen[key] {
			seen[key] = true
			out = append(out, newChange(found.GetId(), words, found.GetLevel()))
		}
	}
	return out, nil
}

// messageOrRule is a message of oasdiff. If its format does not match its arguments,
// so that package fmt wrote "%!" into it, the name of the rule replaces it.
func messageOrRule(words, id string) string {
	if strings.Contains(words, "%!") {
		return strings.ReplaceAll(id, "-", " ")
	}
	return words
}

func specInfo(root *yaml.Node, name string) (*load.SpecInfo, error) {
	info, err := load.NewSpecInfoFromData(openapi3.NewLoader(), encodeJSON(root), name+".json")
	if err != nil {
		return nil, fmt.Errorf("comparing: %s", oneLine(err))
	}
	return info, nil
}
