package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/oasdiff/oasdiff/checker"
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
	root, err := parseYAML([]byte(strings.NewReplacer("SCHEMA", schema, "COMPONENTS", components).Replace(minimal)))
	if err != nil {
		t.Fatal(err)
	}
	return extract(root)
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
			if c.want == "" { // taken as it stands: the validator refuses it with words of its own
				if err != nil {
					t.Fatal(err)
				}
				if err := validate(x.root, "circle"); err == nil {
					t.Fatal("want the validator to refuse it")
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}

	t.Run("TwoOperations", func(t *testing.T) {
		t.Parallel()
		root, err := parseYAML([]byte("paths:\n  /customers/{id}: {delete: {}}\n  /v2/customers/{id}: {delete: {}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := extract(root); err == nil || !strings.Contains(err.Error(), "/customers/{id}, /v2/customers/{id}") {
			t.Errorf("got %v, want both paths named", err)
		}
	})
}

// A rule for a change that oasdiff does not know would never apply.
func TestRulesNameKnownChanges(t *testing.T) {
	t.Parallel()
	known := append(checker.GetAllRuleIds(), "path-changed", "path-parameter-renamed", "server-removed")
	for id := range severities {
		if !slices.Contains(known, id) {
			t.Errorf("severity for %q, which oasdiff does not know", id)
		}
	}
	for _, r := range append(rules, relaxed) {
		if !slices.ContainsFunc(known, r.matches) {
			t.Errorf("rule %q matches no change that oasdiff knows", r.name)
		}
	}
}
