package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
	"go.yaml.in/yaml/v3"

	"github.com/getkin/kin-openapi/openapi3"
)

// compare reports what changes from was to now, and whom it breaks.
//
// The words come from oasdiff. It is silent on servers and on the name of a
// path parameter, and gives up on an operation whose path changed, so these
// have rules here. What no rule explains is found by comparing the documents
// key by key, and counts as breaking: silence must not look like safety.
func compare(was, now *extraction) (report, error) {
	rep := report{
		From:        headline(was.root),
		To:          headline(now.root),
		LeftOut:     now.leftOut,
		Resolved:    now.resolved,
		Differences: differences(was, now),
	}
	rep.Changes = append(rep.Changes, pathChanges(was.path, now.path)...)
	rep.Changes = append(rep.Changes, serverChanges(was, now)...)
	found, err := operationChanges(was, now)
	if err != nil {
		return report{}, err
	}
	rep.Changes = append(rep.Changes, found...)
	rep.Changes = append(rep.Changes, unexplained(rep.Differences, rep.Changes)...)
	return rep, nil
}

func headline(root *yaml.Node) string {
	return strings.TrimSpace(text(root, "info", "title") + " " + text(root, "info", "version"))
}

var pathParameter = regexp.MustCompile(`\{[^/{}]+\}`)

func pathChanges(was, now string) []change {
	switch {
	case was == now:
		return nil
	case pathParameter.ReplaceAllString(was, "{}") != pathParameter.ReplaceAllString(now, "{}"):
		return []change{newChange("path-changed", fmt.Sprintf("the path %s is now %s", was, now), checker.ERR)}
	default:
		return []change{newChange("path-parameter-renamed",
			fmt.Sprintf("the path parameter %s is now named %s", pathParameter.FindString(was), pathParameter.FindString(now)), checker.ERR)}
	}
}

func serverChanges(was, now *extraction) []change {
	before, after := servers(was), servers(now)
	var out []change
	for _, url := range before {
		if !slices.Contains(after, url) {
			out = append(out, newChange("server-removed", fmt.Sprintf("the server %s is gone", url), checker.ERR))
		}
	}
	for _, url := range after {
		if !slices.Contains(before, url) {
			out = append(out, newChange("server-added", fmt.Sprintf("the server %s is new", url), checker.INFO))
		}
	}
	return out
}

// servers lists the addresses in force for the operation: the closest list wins.
func servers(x *extraction) []string {
	for _, n := range []*yaml.Node{x.op, x.item, x.root} {
		if list := field(n, "servers"); list != nil {
			var urls []string
			for _, server := range items(list) {
				urls = append(urls, text(server, "url"))
			}
			return urls
		}
	}
	return nil
}

// severities raise what oasdiff takes for harmless: a Go program has a field or
// a type for each status and property, and loses it with them.
var severities = map[string]checker.Level{
	"response-success-status-added":       checker.WARN,
	"response-non-success-status-removed": checker.ERR,
	"response-non-success-status-added":   checker.WARN,
	"response-optional-property-removed":  checker.ERR,
	"response-media-type-added":           checker.WARN,
	"api-operation-id-removed":            checker.WARN,
}

// operationChanges asks oasdiff, with the new operation put where the old one
// was: a moved path has a rule of its own, and would hide everything else.
func operationChanges(was, now *extraction) ([]change, error) {
	before, err := specInfo(aligned(was, was.path), "vendored")
	if err != nil {
		return nil, err
	}
	after, err := specInfo(aligned(now, was.path), "new")
	if err != nil {
		return nil, err
	}
	d, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before, after)
	if err != nil {
		return nil, fmt.Errorf("comparing: %s", oneLine(err))
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(severities))
	localizer := checker.NewDefaultLocalizer()
	var out []change
	for _, found := range checker.CheckBackwardCompatibilityUntilLevel(config, d, sources, checker.INFO) {
		c := newChange(found.GetId(), found.GetUncolorizedText(localizer), found.GetLevel())
		if !slices.ContainsFunc(out, func(o change) bool { return o.ID == c.ID && o.Text == c.Text }) {
			out = append(out, c)
		}
	}
	return out, nil
}

func specInfo(root *yaml.Node, name string) (*load.SpecInfo, error) {
	info, err := load.NewSpecInfoFromData(openapi3.NewLoader(), encodeJSON(root), name+".json")
	if err != nil {
		return nil, fmt.Errorf("comparing: %s", oneLine(err))
	}
	return info, nil
}

// aligned returns a copy of the document that differs from another only where
// the contract does: the operation stands at path, its path parameters are named
// as path names them, and the parameters of the path item are the operation's.
func aligned(x *extraction, path string) *yaml.Node {
	root := clone(x.root)
	paths := field(root, "paths")
	item := field(paths, x.path)
	paths.Content[0].Value = path
	op := field(item, "delete")
	parameters := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, list := range []*yaml.Node{field(op, "parameters"), field(item, "parameters")} {
		for _, parameter := range items(list) {
			if !slices.ContainsFunc(parameters.Content, func(p *yaml.Node) bool { return sameParameter(p, parameter) }) {
				parameters.Content = append(parameters.Content, parameter)
			}
		}
	}
	remove(item, "parameters")
	set(op, "parameters", parameters)

	names, wanted := pathParameter.FindAllString(x.path, -1), pathParameter.FindAllString(path, -1)
	if len(names) != len(wanted) {
		return root
	}
	for _, parameter := range parameters.Content {
		if i := slices.Index(names, "{"+text(parameter, "name")+"}"); i >= 0 && text(parameter, "in") == "path" {
			set(parameter, "name", scalar(strings.Trim(wanted[i], "{}")))
		}
	}
	return root
}

// sameParameter holds for an operation's parameter that takes the place of the
// path item's.
func sameParameter(a, b *yaml.Node) bool {
	return text(a, "in") == text(b, "in") && text(a, "name") == text(b, "name")
}
