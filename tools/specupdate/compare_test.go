package main

import (
	"fmt"
	"strings"
	"testing"
)

// compareDocuments compares two documents that are given as YAML.
func compareDocuments(t *testing.T, was, now string) report {
	t.Helper()
	var taken [2]*extraction
	for i, document := range []string{was, now} {
		root, err := parseYAML([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		if taken[i], err = take(root, deleteCustomer); err != nil {
			t.Fatal(err)
		}
	}
	rep, err := compare(taken[0], taken[1])
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// findings are the changes as "id:CS", with C where client users and S where
// server implementers are broken, without oasdiff's complaint about the version.
func findings(rep report) string {
	var out []string
	for _, c := range rep.Changes {
		if !explains(c) {
			continue
		}
		side := ""
		if c.ClientUsers != "" {
			side += "C"
		}
		if c.ServerImplementers != "" {
			side += "S"
		}
		out = append(out, c.ID+":"+side)
	}
	return strings.Join(out, " ")
}

// contract is a document with a place for each kind of change.
const contract = `openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: https://a/v1}]
security: [{k: []}]
paths:
  /customers/{id}:
    parameters: [{in: path, name: id, required: true, schema: {type: string}}]
    delete:
      operationId: delete-customer
      parameters: [{in: header, name: x-a, schema: {type: string, maxLength: 5}}]
      responses:
        202: {description: ok}
        400: {description: bad, content: {application/json: {schema: {type: object, properties: {code: {type: string}}}}}}
components:
  securitySchemes:
    k: {type: apiKey, in: header, name: key}
`

func TestCompare(t *testing.T) {
	t.Parallel()
	code := "{code: {type: string}}"
	cases := []struct {
		name  string
		edits []string // old and new text in turns
		want  string
	}{
		{"Nothing", nil, ""},

		// Promises of servers.
		{"ResponsePattern", []string{code, "{code: {type: string, pattern: a}}"}, "response-property-pattern-added:S"},
		{"ResponseEnum", []string{code, "{code: {type: string, enum: [a]}}"}, "response-property-became-enum:S"},
		{"ResponseRequired", []string{"properties: " + code, "required: [code], properties: " + code}, "response-property-became-required:S"},
		{"ResponseMayBeNull", []string{code, "{code: {type: [string, 'null']}}"}, "response-property-became-nullable:C"},
		{"ResponseRequiredAndNew", []string{"properties: " + code, "required: [b], properties: {b: {type: string}, code: {type: string}}"}, "response-required-property-added:S"},
		{"OptionalProperty", []string{code, "{code: {type: string}, b: {type: string}}"}, "response-optional-property-added:"},
		{"OptionalHeader", []string{"400: {description: bad", "400: {headers: {X-B: {schema: {type: string}}}, description: bad"}, "response-header-added:"},
		{"DeprecatedProperty", []string{code, "{code: {type: string, deprecated: true}}"}, "response-property-deprecated:"},
		{"DefaultOfAProperty", []string{code, "{code: {type: string, default: a}}"}, "response-property-default-value-added:"},
		{"SecondMediaType", []string{"content: {", "content: {text/plain: {schema: {type: string}}, "}, "response-media-type-added:"},
		{"BodyWhereNoneWas", []string{"202: {description: ok", "202: {content: {text/plain: {schema: {type: string}}}, description: ok"}, "response-body-added:S response-media-type-added:"},
		{"ResponseWithABody", []string{"        400:", "        404: {description: none, content: {a/b: {schema: {type: string}}}}\n        400:"}, "response-non-success-status-added:C"},
		{"AnotherKey", []string{"[{k: []}]", "[{k: []}, {l: []}]", "    k:", "    l: {type: http, scheme: basic}\n    k:"}, "api-security-component-added: api-security-added:S"},
		{"NoKey", []string{"[{k: []}]", "[{k: []}, {}]"}, "api-security-anonymous-access-added:S"},
		{"WiderParameter", []string{"maxLength: 5", "maxLength: 6"}, "request-parameter-max-length-increased:S"},
		{"NarrowerParameter", []string{"maxLength: 5", "maxLength: 4"}, "request-parameter-max-length-decreased:CS"},
		{"OptionalParameter", []string{"[{in: header", "[{in: query, name: q, schema: {type: string}}, {in: header"}, "new-optional-request-parameter:"},

		// Other forms of the same contract.
		{"SecurityMoved", []string{"security: [{k: []}]\n", "", "      operationId", "      security: [{k: []}]\n      operationId"}, ""},
		{"SecurityGone", []string{"security: [{k: []}]\n", "", "      operationId", "      security: []\n      operationId"}, "api-security-component-removed: api-security-anonymous-access-added:S"},
		{"ServersMoved", []string{"servers: [{url: https://a/v1}]\n", "", "    delete:", "    servers: [{url: https://a/v1}]\n    delete:"}, ""},
		{"ServersOfTheOperation", []string{"      operationId", "      servers: [{url: https://b/v1}]\n      operationId"}, "server-removed:CS server-added:"},
		{"ParameterMoved", []string{"    parameters: [{in: path, name: id, required: true, schema: {type: string}}]\n", "", "[{in: header", "[{in: path, name: id, required: true, schema: {type: string}}, {in: header"}, ""},
		{"ParameterOfTheItemReplaced", []string{"    parameters: [{in: path", "    parameters: [{in: header, name: x-a, schema: {type: integer}}, {in: path"}, ""},
		{"HeaderInUpperCase", []string{"name: x-a", "name: X-A"}, ""},
		{"KeyHeaderInUpperCase", []string{"name: key}", "name: KEY}"}, ""},
		{"DefaultsWrittenOut", []string{"name: x-a", "name: x-a, required: false, deprecated: false", "      operationId", "      deprecated: false\n      operationId"}, ""},
		{"PropertyBehindAReference", []string{code, "{code: {$ref: '#/components/schemas/C'}}", "components:", "components:\n  schemas: {C: {type: string}}"}, ""},
		{"ReferenceWithSiblings", []string{code, "{code: {$ref: '#/components/schemas/C', maxLength: 3}}", "components:", "components:\n  schemas: {C: {type: string}}"}, "response-property-max-length-set:S"},
		{"RecursiveProperty", []string{code, "{code: {type: string}, cause: {$ref: '#/components/schemas/C'}}", "components:", "components:\n  schemas: {C: {type: object, properties: {cause: {$ref: '#/components/schemas/C'}}}}"}, "response-optional-property-added:"},
		{"SchemeThatIsNotRequired", []string{"    k:", "    l: {type: http, scheme: basic}\n    k:"}, ""},

		// A change explains only its own difference.
		{"UnknownAlone", []string{"name: x-a", "name: x-a, explode: true"}, "unexplained:CS"},
		{"UnknownBesideAHarmlessOne", []string{"[{in: header, name: x-a", "[{in: query, name: q, schema: {type: string}}, {in: header, name: x-a, explode: true"}, "new-optional-request-parameter: unexplained:CS"},
		{"UnknownBesideABreakingOne", []string{"name: x-a", "name: x-a, explode: true, required: true"}, "request-parameter-became-required:CS unexplained:CS"},
		{"OperationDeprecated", []string{"      operationId", "      deprecated: true\n      operationId"}, "endpoint-deprecated:"},

		// Documentation.
		{"Documentation", []string{"description: bad", "description: worse", "title: t", "title: u", "name: x-a", "name: x-a, description: d, example: e, x-b: 1"}, ""},
		{"PropertyNamedDescription", []string{code, "{code: {type: string}, description: {type: string}}"}, "response-optional-property-added:"},

		// Paths.
		{"PathMoved", []string{"/customers/{id}", "/v2/customers/{id}"}, "path-changed:CS"},
		{"ParameterRenamed", []string{"/customers/{id}", "/customers/{key}", "name: id", "name: key"}, "path-parameter-renamed:S"},
		{"PathMovedAndParameterRenamed", []string{"/customers/{id}", "/v2/customers/{key}", "name: id", "name: key"}, "path-changed:CS path-parameter-renamed:S"},
		{"PathMovedAndResponseGone", []string{"/customers/{id}", "/v2/customers/{id}", "        202: {description: ok}\n", ""}, "path-changed:CS response-success-status-removed:CS"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := contract
			for i := 0; i < len(c.edits); i += 2 {
				if !strings.Contains(now, c.edits[i]) {
					t.Fatalf("the document does not contain %q", c.edits[i])
				}
				now = strings.ReplaceAll(now, c.edits[i], c.edits[i+1])
			}
			rep := compareDocuments(t, contract, now)
			if got := findings(rep); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, rep.render(plainText))
			}
		})
	}
}

// One change may show up as two differences, and explains both.
func TestOneChangeInTwoPlaces(t *testing.T) {
	t.Parallel()
	rep := compareDocuments(t, contract, strings.Replace(contract, "{url: https://a/v1}", "{url: https://a/v1}, {url: https://b/v1}, {url: https://b/v1}", 1))
	if got, want := findings(rep), "server-added:"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCompareBoundsItsWork(t *testing.T) {
	t.Parallel()
	t.Run("MoreDifferencesThanCanBeTried", func(t *testing.T) {
		t.Parallel()
		var headers strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&headers, "{in: header, name: h%d, explode: true, schema: {type: string}}, ", i)
		}
		rep := compareDocuments(t, contract, strings.Replace(contract, "[{in: header", "["+headers.String()+"{in: header", 1))
		if !rep.Breaking() {
			t.Error("differences that were not tried look harmless")
		}
	})
	t.Run("SchemasThatMultiply", func(t *testing.T) {
		t.Parallel()
		var schemas strings.Builder
		for i := range 30 {
			fmt.Fprintf(&schemas, "S%d: {properties: {a: {$ref: '#/components/schemas/S%d'}, b: {$ref: '#/components/schemas/S%d'}}}, ", i, i+1, i+1)
		}
		document := strings.NewReplacer("{code: {type: string}}", "{a: {$ref: '#/components/schemas/S0'}}", "components:", "components:\n  schemas: {"+schemas.String()+"S30: {}}").Replace(contract)
		root, err := parseYAML([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		taken, err := take(root, deleteCustomer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := compare(taken, taken); err == nil || !strings.Contains(err.Error(), "has more than 32768 values") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("SchemasThatNest", func(t *testing.T) {
		t.Parallel()
		var schemas strings.Builder
		for i := range maxDepth + 1 {
			fmt.Fprintf(&schemas, "S%d: {items: {$ref: '#/components/schemas/S%d'}}, ", i, i+1)
		}
		document := strings.NewReplacer("{code: {type: string}}", "{a: {$ref: '#/components/schemas/S0'}}", "components:", fmt.Sprintf("components:\n  schemas: {%sS%d: {}}", schemas.String(), maxDepth+1)).Replace(contract)
		root, err := parseYAML([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		taken, err := take(root, deleteCustomer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := compare(taken, taken); err == nil || !strings.Contains(err.Error(), "nested deeper than 200 levels") {
			t.Errorf("got %v", err)
		}
	})
}

func TestConjunction(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, target, beside, want string }{
		{"Apart", "{type: string}", "{minLength: 1}", `{"type":"string","minLength":1}`},
		{"Nothing", "{type: string}", "{}", `{"type":"string"}`},
		{"AnnotationsWin", "{type: string, description: a}", "{description: b}", `{"type":"string","description":"b"}`},
		{"SameKeyword", "{maxLength: 2}", "{maxLength: 1}", `{"maxLength":1,"allOf":[{"maxLength":2}]}`},
		{"KeywordThatLooksAtOthers", "{properties: {}}", "{additionalProperties: false}", `{"additionalProperties":false,"allOf":[{"properties":{}}]}`},
		{"KeywordWithASchema", "{type: object}", "{properties: {a: {}}}", `{"properties":{"a":{}},"allOf":[{"type":"object"}]}`},
		{"AllOfAlready", "{maxLength: 2}", "{maxLength: 1, allOf: [{type: string}]}", `{"maxLength":1,"allOf":[{"type":"string"},{"maxLength":2}]}`},
		{"True", "true", "{maxLength: 1}", `{"maxLength":1,"allOf":[true]}`},
		{"TrueAlone", "true", "{}", `true`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target, err := parseYAML([]byte(c.target))
			if err != nil {
				t.Fatal(err)
			}
			beside, err := parseYAML([]byte(c.beside))
			if err != nil {
				t.Fatal(err)
			}
			if got := compactJSON(conjunction(target, beside)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestMessageOrRule(t *testing.T) {
	t.Parallel()
	if got := messageOrRule("the 100% `x` changed", "a-b"); got != "the 100% `x` changed" {
		t.Errorf("got %q", got)
	}
	if got := messageOrRule("from %!s(MISSING) to x", "response-type-changed"); got != "response type changed" {
		t.Errorf("got %q", got)
	}
}
