package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// validate reports whether a document is a valid OpenAPI 3.0 or 3.1 document.
func validate(root *yaml.Node, label string) error {
	version := text(root, "openapi")
	if !strings.HasPrefix(version, "3.0.") && !strings.HasPrefix(version, "3.1.") {
		return fmt.Errorf("%s: want OpenAPI 3.0 or 3.1, got openapi: %q", label, version)
	}
	doc, err := loadOpenAPI(encodeJSON(root))
	if err != nil {
		return fmt.Errorf("%s: not a valid OpenAPI document: %s", label, oneLine(err))
	}
	if err := doc.Validate(context.Background()); err != nil {
		return fmt.Errorf("%s: not a valid OpenAPI document: %s", label, oneLine(err))
	}
	return nil
}

// loadOpenAPI reads a document without following references out of it.
func loadOpenAPI(text []byte) (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(text)
}

// oneLine is an error's first line, shortened: the validator appends the whole
// schema and value.
func oneLine(err error) string {
	const most = 300
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}
