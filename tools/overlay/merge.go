package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// merge returns one document with the operations of all the specifications, one in
// each, so that one client and one server interface are generated from them. The
// first specification gives the document its info; the version of OpenAPI is the
// newest.
//
// Each specification is complete, so several may define the same schema: equal
// definitions become one, different ones are an error. Two specifications of one
// operation are an error too, and so are different base paths, because one client
// could not reach both.
func merge(specs []spec) (*openapi3.T, error) {
	if len(specs) == 0 {
		return nil, errors.New("no specification given")
	}
	for _, s := range specs {
		if err := nameAfterFile(s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.path, err)
		}
		nameSchemesByKey(s.doc)
		moveVersion(s.doc)
		sendOnlyIfSet(s.doc)
	}
	merged := &openapi3.T{
		OpenAPI:    specs[0].doc.OpenAPI,
		Info:       specs[0].doc.Info,
		Security:   specs[0].doc.Security,
		Paths:      openapi3.NewPaths(),
		Components: &openapi3.Components{},
	}
	for _, s := range specs {
		merged.OpenAPI = max(merged.OpenAPI, s.doc.OpenAPI)
		for _, step := range []func(*openapi3.T, *openapi3.T) error{addServers, addOperations, addComponents} {
			if err := step(merged, s.doc); err != nil {
				return nil, fmt.Errorf("%s: %w", s.path, err)
			}
		}
	}
	return merged, nil
}

// addServers adds the servers that are not in merged yet.
func addServers(merged, doc *openapi3.T) error {
	for _, server := range doc.Servers {
		if len(merged.Servers) > 0 && basePath(server) != basePath(merged.Servers[0]) {
			return fmt.Errorf("base path %q differs from %q, which an earlier specification has", basePath(server), basePath(merged.Servers[0]))
		}
		if !slices.ContainsFunc(merged.Servers, func(s *openapi3.Server) bool { return s.URL == server.URL }) {
			merged.Servers = append(merged.Servers, server)
		}
	}
	return nil
}

func basePath(server *openapi3.Server) string {
	u, err := url.Parse(server.URL)
	if err != nil {
		return server.URL
	}
	return strings.TrimRight(u.Path, "/")
}

// nameAfterFile gives the operation of a specification the name of its file. An
// operationId is never sent, and code must not change because another was published.
func nameAfterFile(s spec) error {
	count := 0
	for _, item := range s.doc.Paths.Map() {
		for _, operation := range item.Operations() {
			operation.OperationID = strings.TrimSuffix(filepath.Base(s.path), ".json")
			count++
		}
	}
	if count != 1 {
		return fmt.Errorf("has %d operations, want one", count)
	}
	return nil
}

// sendOnlyIfSet makes the code generator use pointers for optional parameters and
// response headers: as plain values they would be sent even if nobody set them. An
// overlay may say otherwise.
func sendOnlyIfSet(doc *openapi3.T) {
	pointer := func(extensions map[string]any) map[string]any {
		if extensions == nil {
			extensions = map[string]any{}
		}
		extensions["x-go-type-skip-optional-pointer"] = false
		return extensions
	}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, parameter := range slices.Concat(item.Parameters, operation.Parameters) {
				if !parameter.Value.Required {
					parameter.Value.Extensions = pointer(parameter.Value.Extensions)
				}
			}
			for _, response := range operation.Responses.Map() {
				for _, header := range response.Value.Headers {
					if schema := header.Value.Schema; !header.Value.Required && schema != nil && schema.Ref == "" {
						schema.Value.Extensions = pointer(schema.Value.Extensions)
					}
				}
			}
		}
	}
}

var versionPrefix = regexp.MustCompile(`^/v[0-9]+/`)

// moveVersion moves a version at the beginning of the path to the addresses of the
// servers, where other documents have it, if they have no path. What is called stays
// the same.
func moveVersion(doc *openapi3.T) {
	for path, item := range doc.Paths.Map() {
		version := strings.TrimRight(versionPrefix.FindString(path), "/")
		lists := []openapi3.Servers{doc.Servers, item.Servers}
		for _, operation := range item.Operations() {
			if operation.Servers != nil {
				lists = append(lists, *operation.Servers)
			}
		}
		servers := slices.Concat(lists...)
		hasPath := func(server *openapi3.Server) bool { return basePath(server) != "" }
		if version == "" || len(servers) == 0 || slices.ContainsFunc(servers, hasPath) {
			return
		}
		for _, server := range servers {
			server.URL = strings.TrimRight(server.URL, "/") + version
		}
		doc.Paths = openapi3.NewPaths(openapi3.WithPath(strings.TrimPrefix(path, version), item))
	}
}

// addOperations adds every operation of doc. What doc says for a whole path or
// for all its operations is written out at the operation, because it does not
// apply to the operations of other documents.
func addOperations(merged, doc *openapi3.T) error {
	for path, item := range doc.Paths.Map() {
		path = samePath(merged, path, item)
		target := merged.Paths.Value(path)
		if target == nil {
			target = &openapi3.PathItem{}
			merged.Paths.Set(path, target)
		}
		for method, operation := range item.Operations() {
			if target.GetOperation(method) != nil {
				return fmt.Errorf("%s %s is in an earlier specification too", method, path)
			}
			for _, parameter := range item.Parameters {
				if operation.Parameters.GetByInAndName(parameter.Value.In, parameter.Value.Name) == nil {
					operation.Parameters = append(operation.Parameters, parameter)
				}
			}
			if operation.Servers == nil && len(item.Servers) > 0 {
				operation.Servers = &item.Servers
			}
			if operation.Security == nil && !reflect.DeepEqual(doc.Security, merged.Security) {
				operation.Security = &doc.Security
			}
			target.SetOperation(method, operation)
		}
	}
	return nil
}

var pathParameter = regexp.MustCompile(`\{[^/{}]+\}`)

// samePath returns the path of merged that differs from path only in the names of its
// parameters, and renames those of item: a document cannot have both. Without such a
// path it returns path.
func samePath(merged *openapi3.T, path string, item *openapi3.PathItem) string {
	shape := func(path string) string { return pathParameter.ReplaceAllString(path, "{}") }
	for known := range merged.Paths.Map() {
		if known == path || shape(known) != shape(path) {
			continue
		}
		wanted := pathParameter.FindAllString(known, -1)
		names := map[string]string{}
		for i, name := range pathParameter.FindAllString(path, -1) {
			names[strings.Trim(name, "{}")] = strings.Trim(wanted[i], "{}")
		}
		lists := []openapi3.Parameters{item.Parameters}
		for _, operation := range item.Operations() {
			lists = append(lists, operation.Parameters)
		}
		for _, parameter := range slices.Concat(lists...) {
			if name := names[parameter.Value.Name]; name != "" && parameter.Value.In == "path" {
				parameter.Value.Name = name
			}
		}
		return known
	}
	return path
}

// addComponents adds the schemas and security schemes of doc. References to
// anything else are resolved in place when a specification is vendored.
func addComponents(merged, doc *openapi3.T) error {
	if doc.Components == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.SecuritySchemes)) {
		if merged.Components.SecuritySchemes == nil {
			merged.Components.SecuritySchemes = openapi3.SecuritySchemes{}
		}
		if merged.Components.SecuritySchemes[name] == nil {
			merged.Components.SecuritySchemes[name] = doc.Components.SecuritySchemes[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		if merged.Components.Schemas == nil {
			merged.Components.Schemas = openapi3.Schemas{}
		}
		schema, existing := doc.Components.Schemas[name], merged.Components.Schemas[name]
		if existing == nil {
			merged.Components.Schemas[name] = schema
			continue
		}
		a, errA := existing.MarshalJSON()
		b, errB := schema.MarshalJSON()
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("schema %q differs from the one of that name in an earlier specification", name)
		}
	}
	return nil
}

// nameSchemesByKey names every API key scheme of doc after the key's place and
// name, such as header-public-api-key. The names in a specification are
// arbitrary (sec0, sec1), so two documents may use one name for two keys.
func nameSchemesByKey(doc *openapi3.T) {
	if doc.Components == nil {
		return
	}
	names := map[string]string{}
	schemes := openapi3.SecuritySchemes{}
	for name, scheme := range doc.Components.SecuritySchemes {
		names[name] = name
		if scheme.Value.Type == "apiKey" {
			names[name] = scheme.Value.In + "-" + scheme.Value.Name
		}
		schemes[names[name]] = scheme
	}
	rename := func(requirements openapi3.SecurityRequirements) {
		for i, requirement := range requirements {
			renamed := openapi3.SecurityRequirement{}
			for name, scopes := range requirement {
				renamed[names[name]] = scopes
			}
			requirements[i] = renamed
		}
	}
	rename(doc.Security)
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.Security != nil {
				rename(*operation.Security)
			}
		}
	}
	doc.Components.SecuritySchemes = schemes
}
