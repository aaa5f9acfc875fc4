package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// nameMaps are the keywords whose object has names as keys, not keywords: a property
// named "example" is part of the contract.
var nameMaps = map[string]bool{
	"paths": true, "responses": true, "headers": true, "content": true, "links": true, "encoding": true,
	"properties": true, "patternProperties": true, "dependentSchemas": true, "dependentRequired": true, "$defs": true,
	"schemas": true, "securitySchemes": true, "parameters": true, "examples": true, "scopes": true, "mapping": true,
	"variables": true,
}

// dataKeys are the keywords whose value is data of the API, not specification.
var dataKeys = map[string]bool{"example": true, "value": true, "default": true, "const": true, "enum": true}

// refuseGoExtensions reports the first key that would control the code generator. A
// document from outside must not choose Go types, names or imports; the overlay may.
func refuseGoExtensions(n *yaml.Node, keysAreNames bool) error {
	for _, item := range items(n) {
		if err := refuseGoExtensions(item, false); err != nil {
			return err
		}
	}
	for key, value := range fields(n) {
		if keysAreNames {
			if err := refuseGoExtensions(value, false); err != nil {
				return err
			}
			continue
		}
		if strings.HasPrefix(key.Value, "x-go-") || strings.HasPrefix(key.Value, "x-oapi-codegen-") {
			return fmt.Errorf("line %d: %s controls the code generator: only openapi/overlay.yaml may do that", key.Line, key.Value)
		}
		if isData(key.Value, value) {
			continue
		}
		if err := refuseGoExtensions(value, nameMaps[key.Value]); err != nil {
			return err
		}
	}
	return nil
}
