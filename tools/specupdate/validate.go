package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

var supportedVersion = regexp.MustCompile(`^3\.[01]\.[0-9]+$`)

// checkVersion reports whether the document has a supported version of OpenAPI.
func checkVersion(root *yaml.Node) error {
	if version := text(root, "openapi"); !supportedVersion.MatchString(version) {
		return fmt.Errorf(`want OpenAPI 3.0 or 3.1 with all three numbers, as in "3.1.0", got openapi: %q`, version)
	}
	return nil
}

// validate returns why a document is not valid OpenAPI. It follows no reference out
// of it.
func validate(document []byte) error {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err == nil {
		err = doc.Validate(context.Background())
	}
	if err != nil {
		return fmt.Errorf("not a valid OpenAPI document: %s", oneLine(err))
	}
	return nil
}

// oneLine is an error on one line, shortened. It omits the schema and value that
// the validator appends, and joins the lines of the YAML decoder.
func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\nSchema:")
	return cut(strings.Join(strings.Fields(line), " "), 300)
}
