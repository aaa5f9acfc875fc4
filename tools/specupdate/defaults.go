package main

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// defaults are the values that mean the same as an absent key. Each key has one
// default in every object that may contain it.
var defaults = map[string][]string{
	"required":             {"false", "[]"}, // of a parameter or body; of a schema
	"deprecated":           {"false"},
	"allowEmptyValue":      {"false"},
	"allowReserved":        {"false"},
	"nullable":             {"false"},
	"readOnly":             {"false"},
	"writeOnly":            {"false"},
	"uniqueItems":          {"false"},
	"exclusiveMinimum":     {"false"},
	"exclusiveMaximum":     {"false"},
	"minLength":            {"0"},
	"minItems":             {"0"},
	"minProperties":        {"0"},
	"additionalProperties": {"true", "{}"},
}

// dropDefaults removes keys of a tree whose values are their defaults.
func dropDefaults(n *yaml.Node, keysAreNames bool) {
	for _, item := range items(n) {
		dropDefaults(item, false)
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	kept := n.Content[:0:0]
	for key, value := range fields(n) {
		if !keysAreNames && isDefault(key.Value, value) {
			continue
		}
		kept = append(kept, key, value)
		switch {
		case keysAreNames:
			dropDefaults(value, false)
		case !isData(key.Value, value):
			dropDefaults(value, nameMaps[key.Value])
		}
	}
	n.Content = kept
	if keysAreNames {
		return
	}
	if types := items(field(n, "type")); len(types) == 1 { // a list of one type is the type
		set(n, "type", types[0])
	}
	dropSerialization(n)
}

func isDefault(key string, value *yaml.Node) bool {
	values, known := defaults[key]
	return known && len(value.Content) == 0 && slices.Contains(values, compactJSON(value))
}

// dropSerialization removes the default style and explode of a parameter or
// header: both depend on where the value is sent.
func dropSerialization(n *yaml.Node) {
	if field(n, "schema") == nil && field(n, "in") == nil {
		return
	}
	style := "simple"
	if in := text(n, "in"); in == "query" || in == "cookie" {
		style = "form"
	}
	given := text(n, "style")
	if given == style {
		remove(n, "style")
	}
	if given != "" {
		style = given
	}
	explode := "false"
	if style == "form" {
		explode = "true"
	}
	if text(n, "explode") == explode {
		remove(n, "explode")
	}
}

// isData reports whether the value of a keyword is data of the API or an
// extension, in which nothing is a keyword.
func isData(key string, value *yaml.Node) bool {
	listed := key == "examples" && value.Kind == yaml.SequenceNode // of a schema
	return dataKeys[key] || listed || strings.HasPrefix(key, "x-")
}
