package main

import (
	"cmp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// nameSchemes renames the security schemes of an aligned document after what they
// ask for. A scheme's name is never sent, so a document that only renames schemes
// breaks nothing.
func nameSchemes(root *yaml.Node) {
	schemes := field(field(root, "components"), "securitySchemes")
	names := map[string]string{}
	taken := map[string]bool{}
	for key, scheme := range fields(schemes) {
		name := strings.TrimSpace(text(scheme, "in") + " " + cmp.Or(text(scheme, "name"), text(scheme, "scheme"), text(scheme, "type")))
		for taken[name] {
			name += "_"
		}
		names[key.Value], taken[name] = name, true
	}
	rename := func(n *yaml.Node) {
		for key := range fields(n) {
			key.Value = cmp.Or(names[key.Value], key.Value)
		}
	}
	rename(schemes)
	for _, requirement := range items(field(alignedOperation(root), "security")) {
		rename(requirement)
	}
}
