package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Keys of a specification are keywords or names, and values under some keywords
// are data. nameMaps are the keywords whose object has names for keys: a
// property named "example" is part of the contract.
var nameMaps = map[string]bool{
	"paths": true, "responses": true, "headers": true, "content": true, "links": true, "encoding": true,
	"properties": true, "patternProperties": true, "dependentSchemas": true, "dependentRequired": true, "$defs": true,
	"schemas": true, "securitySchemes": true, "parameters": true, "examples": true, "scopes": true, "mapping": true,
	"variables": true,
}

// dataKeys are the keywords whose value is data of the API, not specification.
var dataKeys = map[string]bool{"example": true, "value": true, "default": true, "const": true, "enum": true}

// refuseGoExtensions reports the first key that would steer the code generator:
// a provider's document must not choose the Go types, names or imports of ours.
// Our overlay may.
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
			return fmt.Errorf("line %d: %s steers the code generator: a specification must not, only openapi/overlay.yaml may", key.Line, key.Value)
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
