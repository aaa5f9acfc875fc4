package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

type jsonSchema = *openapi3.Schema

// json judges a body: one JSON value, nothing after it, no duplicate key, and what the
// schema wants. encoding/json, and with it kin-openapi, uses the last of two equal keys and
// stops reading after the first value; other JSON parsers may do neither.
func (j *judgement) json(schema jsonSchema, body []byte) {
	if !utf8.Valid(body) {
		j.found("response body", RuleJSON, "text that is not UTF-8", "one JSON value")
		return
	}
	if !json.Valid(body) {
		rule, found := whyInvalid(body)
		j.found("response body", rule, found, "one JSON value")
		return
	}
	w := walker{decoder: json.NewDecoder(bytes.NewReader(body)), judgement: j}
	w.decoder.UseNumber() // a number that float64 cannot hold is JSON too
	value := w.value()
	for _, e := range schemaErrors(schema, value) {
		place := j.place(e.JSONPointer())
		if e.SchemaField == "properties" {
			j.found(place, RuleUndocumented, j.undocumented(e), "documented keys only")
			continue
		}
		found, expected := describe(e)
		j.found(place, RuleSchema, found, expected)
	}
}

func whyInvalid(body []byte) (Rule, string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	var first json.RawMessage
	switch err := decoder.Decode(&first); {
	case err == nil:
		return RuleJSONTrailing, "more after the first JSON value"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return RuleJSON, "JSON that is cut short"
	default:
		return RuleJSON, "text that is not JSON"
	}
}

// walker reads a JSON value token by token, to see what decoding would hide. The text has
// been validated, so errors cannot occur.
type walker struct {
	decoder   *json.Decoder
	judgement *judgement
	path      []string
}

func (w *walker) next() json.Token {
	token, _ := w.decoder.Token()
	return token
}

func (w *walker) value() any {
	switch token := w.next(); token {
	case json.Delim('{'):
		return w.object()
	case json.Delim('['):
		return w.array()
	default:
		return token
	}
}

func (w *walker) object() map[string]any {
	object := map[string]any{}
	for w.decoder.More() {
		key, _ := w.next().(string)
		w.path = append(w.path, key)
		if _, twice := object[key]; twice {
			w.judgement.found(w.judgement.place(w.path), RuleDuplicateKey, "a duplicate key", "no duplicate key")
		}
		object[key] = w.value()
		w.path = w.path[:len(w.path)-1]
	}
	w.next() // '}'
	return object
}

func (w *walker) array() []any {
	array := []any{}
	for w.decoder.More() {
		w.path = append(w.path, strconv.Itoa(len(array)))
		array = append(array, w.value())
		w.path = w.path[:len(w.path)-1]
	}
	w.next() // ']'
	return array
}

// place returns the JSON pointer of a place in a body. It omits keys that are neither
// documented nor harmless, because a key may be an e-mail address.
func (j *judgement) place(path []string) string {
	var b strings.Builder
	b.WriteString("response body")
	for i, key := range path {
		if i == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte('/')
		if j.words[key] || isIndex(key) {
			b.WriteString(key)
		} else {
			b.WriteString("(key)")
		}
	}
	return b.String()
}

// isIndex accepts at most three digits: a longer number used as a key may be a telephone
// number.
func isIndex(key string) bool {
	_, err := strconv.ParseUint(key, 10, 16)
	return err == nil && len(key) <= 3
}

// undocumented names the keys of an object that its schema does not allow, as far as they
// may be printed.
func (j *judgement) undocumented(e *openapi3.SchemaError) string {
	object, _ := e.Value.(map[string]any)
	var names []string
	others := 0
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if e.Schema.Properties[key] != nil {
			continue
		}
		if j.words[key] || j.words[strings.ToLower(key)] { // wrong case
			names = append(names, strconv.Quote(key))
			continue
		}
		others++
	}
	if others > 0 {
		names = append(names, fmt.Sprintf("%d more", others))
	}
	return "undocumented keys: " + strings.Join(names, ", ")
}

// schemaErrors returns what is wrong with a value, one error per place and keyword.
func schemaErrors(schema jsonSchema, value any) []*openapi3.SchemaError {
	err := schema.VisitJSON(value, schemaOptions...)
	if err == nil {
		return nil
	}
	all := openapi3.MultiError{err}
	if many, ok := err.(openapi3.MultiError); ok {
		all = many
	}
	var list []*openapi3.SchemaError
	for _, err := range all {
		e := new(openapi3.SchemaError)
		if !errors.As(err, &e) { // kin-openapi has no other kind for the keywords that load allows
			e = &openapi3.SchemaError{Schema: schema, SchemaField: "schema", Value: value}
		}
		// kin-openapi reports each undocumented key of an object by an equal error.
		same := func(o *openapi3.SchemaError) bool {
			return o.SchemaField == e.SchemaField && slices.Equal(o.JSONPointer(), e.JSONPointer())
		}
		if !slices.ContainsFunc(list, same) {
			list = append(list, e)
		}
	}
	return list
}

// describe returns what a schema error found and what the schema wants. The error's own
// text quotes the value and the schema, over many lines.
func describe(e *openapi3.SchemaError) (found, expected string) {
	s := e.Schema
	switch e.SchemaField {
	case "type":
		return jsonType(e.Value), strings.Join(s.Type.Slice(), " or ")
	case "nullable":
		return "null", "a value"
	case "required":
		return "no such key", "a value"
	case "minLength":
		return length(e.Value), fmt.Sprintf("at least %d", s.MinLength)
	case "maxLength":
		return length(e.Value), fmt.Sprintf("at most %d", *s.MaxLength)
	case "minItems":
		return length(e.Value), fmt.Sprintf("at least %d", s.MinItems)
	case "maxItems":
		return length(e.Value), fmt.Sprintf("at most %d", *s.MaxItems)
	case "format":
		return "another text", "format " + s.Format
	case "enum":
		return "another value", "one of the documented values"
	}
	return "a value that breaks " + e.SchemaField, "what the schema allows"
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
	case json.Number, float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
