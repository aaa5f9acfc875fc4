package main

import (
	"go.yaml.in/yaml/v3"
)

// shareSchemeNames renames the security schemes of one aligned document to those
// of another that ask for the same. A scheme's name is never sent, so a document
// that only renames schemes breaks nothing.
func shareSchemeNames(was, now *yaml.Node) {
	theirs := field(field(was, "components"), "securitySchemes")
	ours := field(field(now, "components"), "securitySchemes")
	names := map[string]string{}
	taken := map[string]bool{}
	for _, name := range keys(ours) {
		for _, wanted := range keys(theirs) {
			if !taken[wanted] && sameScheme(field(theirs, wanted), field(ours, name)) {
				names[name], taken[wanted] = wanted, true
				break
			}
		}
	}
	for _, name := range keys(ours) { // the rest keep their names, unless one is taken now
		if names[name] != "" {
			continue
		}
		free := name
		for taken[free] {
			free += "_"
		}
		names[name], taken[free] = free, true
	}
	rename := func(n *yaml.Node) {
		for key := range fields(n) {
			if name := names[key.Value]; name != "" {
				key.Value = name
			}
		}
	}
	rename(ours)
	for _, requirement := range items(field(alignedOperation(now), "security")) {
		rename(requirement)
	}
}

// sameScheme reports whether two security schemes ask for the same credential.
func sameScheme(a, b *yaml.Node) bool {
	for _, key := range []string{"type", "in", "name", "scheme", "flows", "openIdConnectUrl"} {
		if inline(field(a, key)) != inline(field(b, key)) {
			return false
		}
	}
	return true
}
