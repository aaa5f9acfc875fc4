package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/getkin/kin-openapi/openapi3"
)

// document is a contract compiled to what the checks need.
type document struct {
	basePath   string // of the first server
	operations []*operation
	errorBody  *openapi3.Schema // components.schemas.Error; nil if there is none
	words      map[string]bool  // key names that may be printed
}

type operation struct {
	id       string
	method   string
	template string // as in the document, without the base path
	segments []segment
	headers  []headerParameter
	keys     []string // canonical names of the headers that carry keys; all are needed

	responses map[int]*response
	statuses  string // of responses, for people
}

// segment is one part of a path template: a literal, or a parameter if schema is set.
type segment struct {
	text   string
	schema *openapi3.Schema
}

type headerParameter struct {
	name      string // as in the document
	canonical string
	required  bool
	schema    *openapi3.Schema
}

// response is one documented response. Its body is JSON, or absent if schema is nil.
type response struct {
	status int
	schema *openapi3.Schema
	seen   atomic.Int64
}

// load compiles an OpenAPI document, as JSON. Anything in it that the checks do not handle
// is an error, because a rule that is silently not applied looks like one that is kept.
func load(data []byte) (*document, error) {
	if err := checkSupported(data); err != nil {
		return nil, fmt.Errorf("contract: document uses what is not checked: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("contract: reading document: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract: document is invalid: %w", err)
	}

	if doc.Components == nil {
		return nil, errors.New("contract: document has no components")
	}

	d := &document{words: map[string]bool{}}
	for _, w := range harmlessWords {
		d.words[w] = true
	}
	if len(doc.Servers) > 0 {
		if d.basePath, err = serverPath(doc.Servers[0].URL); err != nil {
			return nil, err
		}
	}
	if ref := doc.Components.Schemas["Error"]; ref != nil {
		d.errorBody = ref.Value
		d.addWords(ref.Value)
	}
	keys, err := keyHeaders(doc)
	if err != nil {
		return nil, err
	}
	paths := doc.Paths.Map()
	for _, template := range slices.Sorted(maps.Keys(paths)) {
		operations := paths[template].Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			o, err := compile(template, method, operations[method])
			if err != nil {
				return nil, fmt.Errorf("contract: %s %s: %w", method, template, err)
			}
			o.keys = keys
			d.operations = append(d.operations, o)
			for _, r := range o.responses {
				d.addWords(r.schema)
			}
		}
	}
	if len(d.operations) == 0 {
		return nil, errors.New("contract: document has no operation")
	}
	return d, nil
}

func serverPath(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("contract: server URL: %w", err)
	}
	if strings.ContainsAny(u.Path, "{}") {
		return "", fmt.Errorf("contract: server URL %q has variables", server)
	}
	return strings.TrimSuffix(u.Path, "/"), nil
}

// keyHeaders returns the headers that the document's security wants, all of them.
func keyHeaders(doc *openapi3.T) ([]string, error) {
	if len(doc.Security) != 1 {
		return nil, fmt.Errorf("contract: document has %d alternatives of security, want 1", len(doc.Security))
	}
	var names []string
	for scheme := range doc.Security[0] {
		names = append(names, http.CanonicalHeaderKey(doc.Components.SecuritySchemes[scheme].Value.Name))
	}
	slices.Sort(names)
	return names, nil
}

func compile(template, method string, op *openapi3.Operation) (*operation, error) {
	o := &operation{id: op.OperationID, method: method, template: template, responses: map[int]*response{}}
	if o.id == "" {
		o.id = method + " " + template
	}
	inPath := map[string]*openapi3.Schema{}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			inPath[p.Value.Name] = p.Value.Schema.Value
			continue
		}
		o.headers = append(o.headers, headerParameter{
			name:      p.Value.Name,
			canonical: http.CanonicalHeaderKey(p.Value.Name),
			required:  p.Value.Required,
			schema:    p.Value.Schema.Value,
		})
	}
	for text := range strings.SplitSeq(strings.TrimPrefix(template, "/"), "/") {
		s := segment{text: text}
		if strings.ContainsAny(text, "{}") {
			name := strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
			if s.schema = inPath[name]; s.schema == nil {
				return nil, fmt.Errorf("path segment %s is not one declared parameter", text)
			}
			s.text = name
		}
		o.segments = append(o.segments, s)
	}
	var statuses []int
	for key, ref := range op.Responses.Map() {
		status, err := strconv.Atoi(key)
		if err != nil {
			return nil, fmt.Errorf("response %q: want a status", key)
		}
		r := &response{status: status}
		if media := ref.Value.Content["application/json"]; media != nil {
			if media.Schema == nil {
				return nil, fmt.Errorf("response %s: content without a schema", key)
			}
			r.schema = media.Schema.Value
		}
		o.responses[status] = r
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	o.statuses = orList(statuses)
	return o, nil
}

// harmlessWords are common keys of error bodies. They may be printed, as may the keys of
// the document; any other key may be personal data.
var harmlessWords = []string{
	"code", "message", "messages", "detail", "details", "error", "errors", "type",
	"title", "status", "instance", "data", "reason", "path", "timestamp", "trace",
	"request_id", "requestId",
}

func (d *document) addWords(s *openapi3.Schema) {
	if s == nil {
		return
	}
	for name, ref := range s.Properties {
		if !d.words[name] {
			d.words[name] = true
			d.addWords(ref.Value)
		}
	}
	if s.Items != nil {
		d.addWords(s.Items.Value)
	}
}

// orList writes "1, 2 or 3".
func orList[T any](items []T) string {
	var b strings.Builder
	for i, item := range items {
		switch {
		case i == 0:
		case i == len(items)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, item)
	}
	return b.String()
}

// checkSupported walks the raw document and names the first field or value that
// the checks would pass over. kin-openapi knows far more of OpenAPI than is
// checked here, so its own validation cannot tell.
func checkSupported(data []byte) error {
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		return err
	}
	if v, _ := root["openapi"].(string); !strings.HasPrefix(v, "3.0.") && !strings.HasPrefix(v, "3.1.") {
		return fmt.Errorf("/openapi: version %q", v)
	}
	return supportedRoot.check("", root)
}
