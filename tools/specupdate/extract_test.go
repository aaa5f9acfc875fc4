package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const minimal = `openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /customers/{id}:
    delete:
      operationId: delete-customer
      parameters: [{in: path, name: id, required: true, schema: {type: string}}]
      responses:
        202: {description: ok}
        400:
          description: bad
          content: {application/json: {schema: SCHEMA}}
components: COMPONENTS
`

func extractFrom(t *testing.T, schema, components string) (*extraction, error) {
	t.Helper()
	return extractYAML(t, strings.NewReplacer("SCHEMA", schema, "COMPONENTS", components).Replace(minimal))
}

func extractYAML(t *testing.T, document string) (*extraction, error) {
	t.Helper()
	root, err := parseYAML([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	found, err := find(root, deleteCustomer)
	if err != nil {
		return nil, err
	}
	return extract(root, found)
}

func TestExtract(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, schema, components, want string }{
		{
			"SchemaOfABodyIsWrittenOut",
			`{$ref: '#/components/schemas/E'}`, `{schemas: {E: {type: object}, F: {type: object}}}`,
			`"schema":{"type":"object"}}}}}}}}}`,
		},
		{
			"SchemasBelowItAreCarried",
			`{properties: {a: {$ref: '#/components/schemas/A'}}}`, `{schemas: {A: {allOf: [{$ref: '#/components/schemas/B'}]}, B: {type: string}, C: {type: string}}}`,
			`"components":{"schemas":{"A":{"allOf":[{"$ref":"#/components/schemas/B"}]},"B":{"type":"string"}}}`,
		},
		{
			"RecursiveSchemaStaysAReference",
			`{$ref: '#/components/schemas/E'}`, `{schemas: {E: {properties: {cause: {$ref: '#/components/schemas/E'}}}}}`,
			`"schema":{"$ref":"#/components/schemas/E"}`,
		},
		{
			"RecursiveThroughAnother",
			`{$ref: '#/components/schemas/E'}`, `{schemas: {E: {properties: {a: {$ref: '#/components/schemas/F'}}}, F: {items: {$ref: '#/components/schemas/E'}}}}`,
			`"schema":{"$ref":"#/components/schemas/E"}`,
		},
		{
			"LeadingToACircleIsNotBeingInIt",
			`{$ref: '#/components/schemas/E'}`, `{schemas: {E: {properties: {a: {$ref: '#/components/schemas/F'}}}, F: {items: {$ref: '#/components/schemas/F'}}}}`,
			`"schema":{"properties":{"a":{"$ref":"#/components/schemas/F"}}}`,
		},
		{
			"SiblingsOfAReferenceAreKept",
			`{$ref: '#/components/schemas/E', minLength: 36}`, `{schemas: {E: {type: string}}}`,
			`"schema":{"$ref":"#/components/schemas/E","minLength":36}}}}}}}},"components":{"schemas":{"E":{"type":"string"}}}`,
		},
		{
			"DescriptionBesideAReferenceWins",
			`{$ref: '#/components/schemas/E', description: mine}`, `{schemas: {E: {description: theirs, type: string}}}`,
			`"schema":{"description":"mine","type":"string"}`,
		},
		{
			"EveryPlaceOfASchemaIsFollowed",
			`{patternProperties: {x: {$ref: '#/components/schemas/A'}}, $defs: {y: {$ref: '#/components/schemas/B'}}, anyOf: [{$ref: '#/components/schemas/C'}],
			  oneOf: [{$ref: '#/components/schemas/D'}], additionalProperties: {$ref: '#/components/schemas/E'}, not: {$ref: '#/components/schemas/F'},
			  prefixItems: [{$ref: '#/components/schemas/G'}], dependentSchemas: {z: {$ref: '#/components/schemas/H'}}, if: {$ref: '#/components/schemas/I'}}`,
			`{schemas: {A: {}, B: {}, C: {}, D: {}, E: {}, F: {}, G: {}, H: {}, I: {}, Z: {}}}`,
			`"components":{"schemas":{"A":{},"B":{},"C":{},"D":{},"E":{},"F":{},"G":{},"H":{},"I":{}}}`,
		},
		{
			"PointerBelowASchema",
			`{properties: {a: {$ref: '#/components/schemas/A/properties/b'}}}`, `{schemas: {A: {properties: {b: {type: string}}}}}`,
			`"components":{"schemas":{"A":{"properties":{"b":{"type":"string"}}}}}`,
		},
		{
			"PointerIntoAList",
			`{$ref: '#/components/schemas/A/allOf/1'}`, `{schemas: {A: {allOf: [{type: object}, {type: string}]}}}`,
			`"schema":{"type":"string"}`,
		},
		{
			"EscapesInAPointer",
			`{$ref: '#/components/schemas/a%20b~1c~0d'}`, `{schemas: {a b/c~d: {type: string}}}`,
			`"schema":{"type":"string"}`,
		},
		{
			"ExtensionsOfComponentsStay",
			`{type: object}`, `{x-group: {a: 1}}`,
			`"components":{"x-group":{"a":1}}`,
		},
		{
			"DiscriminatorIsFollowed",
			`{discriminator: {propertyName: k, mapping: {a: '#/components/schemas/A'}}}`, `{schemas: {A: {type: object}}}`,
			`"components":{"schemas":{"A":{"type":"object"}}}`,
		},
		{
			"ReferenceInAnExampleIsData",
			`{type: object, example: {$ref: '#/nowhere'}, default: {$ref: nowhere}}`, `{schemas: {A: {type: object}}}`,
			`"example":{"$ref":"#/nowhere"},"default":{"$ref":"nowhere"}`,
		},
		{
			"PropertyMayBeNamedLikeAKeyword",
			`{properties: {example: {$ref: '#/components/schemas/A'}}}`, `{schemas: {A: {type: object}}}`,
			`"components":{"schemas":{"A":{"type":"object"}}}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x, err := extractFrom(t, c.schema, c.components)
			if err != nil {
				t.Fatal(err)
			}
			if got := compactJSON(x.root); !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s in it", got, c.want)
			}
		})
	}
}

func TestExtractRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, schema, components, want string }{
		{"ReferenceToNothing", `{$ref: '#/components/schemas/Gone'}`, `{}`, `"#/components/schemas/Gone" points to nothing`},
		{"ReferenceOutOfTheDocument", `{$ref: 'https://example.com/a.json'}`, `{}`, "a schema may refer to #/components/schemas/NAME only"},
		{"ReferenceInACircle", `{$ref: '#/components/schemas/A'}`, `{schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x, err := extractFrom(t, c.schema, c.components)
			if c.want == "" { // extracted unchanged: the validator refuses it
				if err != nil {
					t.Fatal(err)
				}
				if err := validate(encodeJSON(x.root)); err == nil {
					t.Fatal("want the validator to refuse it")
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}

	t.Run("IndexOutOfAList", func(t *testing.T) {
		t.Parallel()
		for _, index := range []string{"2", "-1", "x"} {
			_, err := extractFrom(t, `{$ref: '#/components/schemas/A/allOf/`+index+`'}`, `{schemas: {A: {allOf: [{type: object}, {type: string}]}}}`)
			if err == nil || !strings.Contains(err.Error(), "points to nothing") {
				t.Errorf("%s: got %v", index, err)
			}
		}
	})

	t.Run("Callbacks", func(t *testing.T) {
		t.Parallel()
		_, err := extractYAML(t, "paths:\n  /customers/{id}:\n    delete:\n      callbacks: {}\n")
		if err == nil || !strings.Contains(err.Error(), "line 4: the operation has callbacks") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("OperationThatIsNoObject", func(t *testing.T) {
		t.Parallel()
		if _, err := extractYAML(t, "paths:\n  /customers/{id}:\n    delete: gone\n"); err == nil || !strings.Contains(err.Error(), "is not an object") {
			t.Errorf("got %v", err)
		}
	})

	// A few lines that expand to 64 places of ten thousand values each.
	t.Run("MoreThanOneOperationNeeds", func(t *testing.T) {
		t.Parallel()
		large := "{enum: [" + strings.Repeat("0,", 10_000) + "0]}"
		places := ""
		for i := range 64 {
			places += fmt.Sprintf("        %d: {$ref: '#/components/responses/R'}\n", 400+i)
		}
		_, err := extractYAML(t, "paths:\n  /customers/{id}:\n    delete:\n      responses:\n"+places+
			"components: {responses: {R: {content: {a/b: {schema: "+large+"}}}}}\n")
		if err == nil || !strings.Contains(err.Error(), "the operation with its references has more than 32768 values") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("TwoOperations", func(t *testing.T) {
		t.Parallel()
		_, err := extractYAML(t, "paths:\n  /customers/{id}: {delete: {}}\n  /v2/customers/{id}: {delete: {}}\n")
		if err == nil || !strings.Contains(err.Error(), "DELETE /customers/{id}, DELETE /v2/customers/{id}") {
			t.Errorf("got %v, want both paths named", err)
		}
	})
}

// The operation is found by its path or by its name, in any spelling.
func TestFindOperation(t *testing.T) {
	t.Parallel()
	for path, id := range map[string]string{
		"/customers/{id}":      "anything",
		"/v12/customers/{a_b}": "anything",
		"/people/{id}":         "deleteCustomer",
		"/persons/{id}":        "delete_customer",
		"/p":                   "Delete-Customer",
	} {
		x, err := extractYAML(t, "paths:\n  /other: {delete: {operationId: x}}\n  "+path+": {delete: {operationId: "+id+"}}\n")
		if err != nil || x.path != path {
			t.Errorf("%s %s: %v", path, id, err)
		}
	}
	for _, path := range []string{"/customers/{id}/cards", "/customers", "/a/customers/{id}"} {
		if _, err := extractYAML(t, "paths:\n  "+path+": {delete: {operationId: x}}\n"); err == nil || !strings.Contains(err.Error(), "the operation is gone") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

// A schema with a name in the vendored file keeps it, and so does its Go type.
func TestExtractKeepsNamedSchemas(t *testing.T) {
	t.Parallel()
	root, err := parseYAML([]byte(strings.NewReplacer("SCHEMA", "{$ref: '#/components/schemas/E'}", "COMPONENTS", "{schemas: {E: {type: object}}}").Replace(minimal)))
	if err != nil {
		t.Fatal(err)
	}
	x, err := take(root, deleteCustomer, "E")
	if err != nil {
		t.Fatal(err)
	}
	const want = `"schema":{"$ref":"#/components/schemas/E"}}}}}}}},"components":{"schemas":{"E":{"type":"object"}}}`
	if got := compactJSON(x.root); !strings.Contains(got, want) {
		t.Errorf("got  %s\nwant %s in it", got, want)
	}
}

// References are followed in every part of an operation.
func TestExtractFollowsTheOperation(t *testing.T) {
	t.Parallel()
	x, err := extractYAML(t, `
openapi: 3.1.0
security: [{all: []}]
webhooks: {w: {}}
tags: [{name: a}, {name: b}]
paths:
  /customers/{id}: {$ref: '#/components/pathItems/P'}
components:
  pathItems:
    P:
      servers: [{url: /item}]
      put: {}
      delete:
        tags: [a]
        security: [{own: []}]
        servers: [{url: /operation}]
        requestBody: {$ref: '#/components/requestBodies/B'}
        responses:
          200:
            headers: {X-A: {$ref: '#/components/headers/H'}}
            links: {l: {$ref: '#/components/links/L'}}
  requestBodies: {B: {content: {a/b: {schema: {$ref: '#/components/schemas/S'}, examples: {e: {$ref: '#/components/examples/E'}}}}}}
  headers: {H: {schema: {$ref: '#/components/schemas/S'}}}
  links: {L: {operationId: other}}
  examples: {E: {value: 1}}
  schemas: {S: {type: string}}
  securitySchemes: {all: {type: http}, own: {$ref: '#/components/securitySchemes/all'}, neither: {type: http}}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"openapi":"3.1.0","security":[{"all":[]}],"tags":[{"name":"a"}],` +
		`"paths":{"/customers/{id}":{"servers":[{"url":"/item"}],"delete":{"tags":["a"],"security":[{"own":[]}],"servers":[{"url":"/operation"}],` +
		`"requestBody":{"content":{"a/b":{"schema":{"type":"string"},"examples":{"e":{"value":1}}}}},` +
		`"responses":{"200":{"headers":{"X-A":{"schema":{"type":"string"}}},"links":{"l":{"operationId":"other"}}}}}}},` +
		`"components":{"securitySchemes":{"all":{"type":"http"},"own":{"type":"http"}}}}`
	if got := compactJSON(x.root); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, want := range []string{"webhooks: w", "tags: b", "components.securitySchemes: neither"} {
		if !slices.Contains(x.leftOut, want) {
			t.Errorf("left out %q, want %q in it", x.leftOut, want)
		}
	}
}

func TestFew(t *testing.T) {
	t.Parallel()
	if got := strings.Join(few([]string{"a", "b", "c"}, 3), " "); got != "a b c" {
		t.Errorf("got %q", got)
	}
	if got := strings.Join(few([]string{"a", "b", "c", "d"}, 2), " "); got != "a b and 2 more" {
		t.Errorf("got %q", got)
	}
}

func TestGoExtensionsAreRefused(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"Property":  `{properties: {code: {type: string, x-go-type: int}}}`,
		"Name":      `{properties: {code: {type: string, x-go-name: Kode}}}`,
		"Tags":      `{x-oapi-codegen-extra-tags: {a: b}}`,
		"Import":    `{anyOf: [{x-go-type-import: {path: os/exec}}]}`,
		"BelowDefs": `{$defs: {example: {x-go-type: int}}}`,
	}
	for name, schema := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, err := parseYAML([]byte(strings.NewReplacer("SCHEMA", schema, "COMPONENTS", "{}").Replace(minimal)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := take(root, deleteCustomer); err == nil || !strings.Contains(err.Error(), "line 12: x-") || !strings.Contains(err.Error(), "controls the code generator") {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, schema := range map[string]string{
		"NameOfAProperty": `{properties: {x-go-type: {type: string}}}`,
		"DataOfAnExample": `{type: object, example: {x-go-type: int}, examples: [{x-go-name: a}], default: {x-go-name: a}}`,
		"OtherExtension":  `{x-note: {x-go-name: a}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := extractFrom(t, schema, "{}")
			if err != nil {
				t.Fatal(err)
			}
			if err := refuseGoExtensions(x.root, false); err != nil {
				t.Error(err)
			}
		})
	}
}

// Faults in other parts of the document do not matter; OpenAPI 3.0 is accepted as well as 3.1.
func TestTake(t *testing.T) {
	t.Parallel()
	document := func(version, schema, rest string) string {
		return strings.NewReplacer("3.1.0", version, "SCHEMA", schema, "COMPONENTS", "{}").Replace(minimal) + rest
	}
	cases := []struct{ name, document, want string }{
		{"FaultElsewhere", strings.Replace(document("3.1.0", "{}", ""), "paths:\n", "paths:\n  /broken: {get: {responses: [x-go-type]}}\n", 1), ""},
		{"FaultInTheOperation", document("3.1.0", "{type: wrong}", ""), "not a valid OpenAPI document"},
		{"NullableInOldVersion", document("3.0.3", "{type: string, nullable: true}", ""), ""},
		{"TypeListInNewVersion", document("3.1.0", "{type: [string, 'null']}", ""), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root, err := parseYAML([]byte(c.document))
			if err != nil {
				t.Fatal(err)
			}
			_, err = take(root, deleteCustomer)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Every document is taken or refused, without a panic.
func FuzzTake(f *testing.F) {
	f.Add([]byte(strings.NewReplacer("SCHEMA", "{$ref: '#/components/schemas/A', minLength: 1}", "COMPONENTS", "{schemas: {A: {items: {$ref: '#/components/schemas/A'}}}}").Replace(minimal)))
	f.Add([]byte("openapi: 3.1.0\npaths: {/customers/{id}: {delete: {parameters: 1, responses: [a], security: {a: b}}}}\ncomponents: []\ntags: a\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		root, err := parseYAML(content)
		if err != nil {
			return
		}
		taken, err := take(root, deleteCustomer)
		if err != nil {
			return
		}
		rep, err := compare(taken, taken)
		if err != nil || len(rep.Changes) > 0 || len(rep.Differences) > 0 {
			t.Fatalf("compared with itself: %v %v %v", err, rep.Changes, rep.Differences)
		}
	})
}
