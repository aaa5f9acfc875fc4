package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// A finding is what kin-openapi found wrong with a value, without the value.
type finding struct {
	path            []string
	field           string // keyword of the schema
	found, expected string
	undocumented    []string // keys of an object, if they are what is wrong
}

// flatten returns the errors of which a MultiError consists.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(openapi3.MultiError)
	if !ok {
		return []error{err}
	}
	var list []error
	for _, err := range many {
		list = append(list, flatten(err)...)
	}
	return list
}

// schemaFindings translates the errors of a schema. They come from one of two validators, because kin-openapi falls back to its own for
// some schemas of OpenAPI 3.1.
func schemaFindings(err error) []finding {
	var list []finding
	add := func(f finding) {
		same := func(o finding) bool { return o.field == f.field && slices.Equal(o.path, f.path) }
		if !slices.ContainsFunc(list, same) { // one error per undocumented key is equal
			list = append(list, f)
		}
	}
	for _, err := range flatten(err) {
		var e *openapi3.SchemaError
		if !errors.As(err, &e) {
			add(finding{found: "a value that cannot be decoded", expected: "what the schema allows"})
			continue
		}
		if causes := causesOf(e); len(causes) > 0 {
			for _, cause := range causes {
				for _, f := range schemaFindings(cause) {
					add(f)
				}
			}
			continue
		}
		for _, f := range describe(e) {
			add(f)
		}
	}
	// kin-openapi reports in the order of a map.
	slices.SortStableFunc(list, func(a, b finding) int { return slices.Compare(a.path, b.path) })
	return list
}

// causesOf returns the errors that e only groups. A failed oneOf is one error: which of
// its schemas was meant is unknown.
func causesOf(e *openapi3.SchemaError) []error {
	if !slices.Contains([]string{"", "allOf", "$ref", "$dynamicRef"}, e.SchemaField) {
		return nil
	}
	for err := e.Origin; err != nil; err = errors.Unwrap(err) {
		switch err := err.(type) {
		case openapi3.MultiError:
			return err
		case *openapi3.SchemaError:
			return []error{err}
		case interface{ Unwrap() []error }:
			return err.Unwrap()
		}
	}
	return nil
}

// describe says what an error found and what the schema wants. The error's own text quotes
// the value and the schema, over many lines.
func describe(e *openapi3.SchemaError) []finding {
	f := finding{path: e.JSONPointer(), field: e.SchemaField}
	s := e.Schema
	if s == nil {
		s = &openapi3.Schema{}
	}
	switch {
	case e.SchemaField == "required":
		return missingKeys(f, e, s.Required)
	case e.SchemaField == "properties" || e.SchemaField == "additionalProperties":
		f.field, f.expected = "additionalProperties", "documented keys only"
		object, _ := e.Value.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if s.Properties[key] == nil {
				f.undocumented = append(f.undocumented, key)
			}
		}
	case e.Value == nil && (e.SchemaField == "type" || e.SchemaField == "nullable"):
		f.found, f.expected = "null", "a value"
	case e.SchemaField == "type":
		f.found, f.expected = jsonType(e.Value), strings.Join(s.Type.Slice(), " or ")
	case e.SchemaField == "minLength":
		f.found, f.expected = length(e.Value), fmt.Sprintf("at least %d", s.MinLength)
	case e.SchemaField == "minItems":
		f.found, f.expected = length(e.Value), fmt.Sprintf("at least %d", s.MinItems)
	case e.SchemaField == "maxLength" && s.MaxLength != nil:
		f.found, f.expected = length(e.Value), fmt.Sprintf("at most %d", *s.MaxLength)
	case e.SchemaField == "maxItems" && s.MaxItems != nil:
		f.found, f.expected = length(e.Value), fmt.Sprintf("at most %d", *s.MaxItems)
	case e.SchemaField == "format":
		f.found, f.expected = "another text", "format "+s.Format
	case e.SchemaField == "enum":
		f.found, f.expected = "another value", "one of the documented values"
	default:
		f.found, f.expected = "a value that breaks "+cmp.Or(e.SchemaField, "the schema"), "what the schema allows"
	}
	return []finding{f}
}

// missingKeys returns a finding per missing key. kin-openapi's own validator reports each,
// at the place of the key; that for JSON Schema 2020-12, whose error it wraps, reports the
// object.
func missingKeys(f finding, e *openapi3.SchemaError, required []string) []finding {
	f.found, f.expected = "no such key", "a value"
	object, ok := e.Value.(map[string]any)
	if !ok || errors.Unwrap(e) == nil {
		return []finding{f}
	}
	var list []finding
	for _, key := range required {
		if _, ok := object[key]; !ok {
			missing := f
			missing.path = append(slices.Clone(f.path), key)
			list = append(list, missing)
		}
	}
	return list
}

func length(value any) string {
	switch value := value.(type) {
	case string:
		return fmt.Sprintf("%d characters", utf8.RuneCountInString(value))
	case []any:
		return fmt.Sprintf("%d items", len(value))
	}
	return jsonType(value)
}

func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number, float64, int64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
