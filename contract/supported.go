package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A shape says which fields an object of the document may have and how to
// check what is in them. Fields that begin with "x-" are always allowed.
type shape map[string]check

// A check looks at the value of one field; nil allows any value, because it
// changes no verdict.
type check func(place string, value any) error

func (s shape) check(place string, value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: not an object", place)
	}
	for _, field := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(field, "x-") {
			continue
		}
		inner, ok := s[field]
		if !ok {
			return fmt.Errorf("%s/%s", place, field)
		}
		if inner == nil {
			continue
		}
		if err := inner(place+"/"+field, object[field]); err != nil {
			return err
		}
	}
	return nil
}

// The shapes below allow what a check reads and what is for people only. The
// schema keywords are those that mean the same in OpenAPI 3.0 and in JSON Schema
// 2020-12 (OpenAPI 3.1), which is why kin-openapi's own validator may judge
// bodies of a 3.1 document: it recompiles nothing, and is some thirty times faster
// than the 2020-12 one, which compiles the schema for every value.
var (
	supportedRoot = shape{
		"openapi":    nil,
		"info":       nil,
		"tags":       nil,
		"servers":    nil,
		"security":   nil, // one alternative; see keyHeaders
		"components": supportedComponents.check,
		"paths":      each(supportedPath.check),
	}
	supportedComponents = shape{
		"schemas": each(supportedSchema),
		"securitySchemes": each(shape{
			"type":        oneOf("apiKey"),
			"in":          oneOf("header"),
			"name":        nil,
			"description": nil,
		}.check),
	}
	supportedPath = shape{
		"get": supportedOperation.check, "put": supportedOperation.check,
		"post": supportedOperation.check, "delete": supportedOperation.check,
		"patch": supportedOperation.check,
	}
	supportedOperation = shape{
		"operationId": nil,
		"summary":     nil,
		"description": nil,
		"tags":        nil,
		"deprecated":  nil,
		"parameters": list(shape{
			"name":        nil,
			"in":          oneOf("path", "header"),
			"required":    nil,
			"description": nil,
			"deprecated":  nil,
			"example":     nil,
			"schema":      supportedSchema,
		}.check),
		"responses": each(shape{
			"description": nil,
			"content": shape{
				"application/json": shape{
					"schema":   supportedSchema,
					"example":  nil,
					"examples": nil,
				}.check,
			}.check,
		}.check),
	}
)

// supportedSchema is a function, not a shape, because schemas nest.
func supportedSchema(place string, value any) error {
	if object, ok := value.(map[string]any); ok && object["$ref"] != nil {
		ref, _ := object["$ref"].(string)
		if len(object) > 1 || !strings.HasPrefix(ref, "#/components/schemas/") {
			return fmt.Errorf("%s/$ref: want a reference to a schema of the document, alone", place)
		}
		return nil
	}
	return shape{
		"type":                 oneOf("object", "array", "string", "integer", "number", "boolean"),
		"properties":           each(supportedSchema),
		"required":             nil,
		"additionalProperties": oneOf(true, false),
		"items":                supportedSchema,
		"minItems":             nil,
		"maxItems":             nil,
		"minLength":            nil,
		"maxLength":            nil,
		"enum":                 nil,
		"format":               oneOf("uuid"),
		"title":                nil,
		"description":          nil,
		"deprecated":           nil,
		"default":              nil,
		"example":              nil,
		"examples":             nil,
	}.check(place, value)
}

func each(inner check) check {
	return func(place string, value any) error {
		object, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: not an object", place)
		}
		for _, field := range slices.Sorted(maps.Keys(object)) {
			if err := inner(place+"/"+field, object[field]); err != nil {
				return err
			}
		}
		return nil
	}
}

func list(inner check) check {
	return func(place string, value any) error {
		items, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s: not an array", place)
		}
		for i, item := range items {
			if err := inner(fmt.Sprintf("%s/%d", place, i), item); err != nil {
				return err
			}
		}
		return nil
	}
}

func oneOf(allowed ...any) check {
	return func(place string, value any) error {
		for _, a := range allowed {
			if a == value {
				return nil
			}
		}
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		return fmt.Errorf("%s: %s", place, text)
	}
}
