package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// bodies are error bodies, and the rules that they break with and without WithStrict.
var bodies = []struct {
	name, body string
	strict     []Rule
	bare       []Rule
}{
	{"Right", `{"code":"A","messages":["m"]}`, nil, nil},
	{"WhiteSpace", " {\n\"messages\" : [ \"m\" ] , \"code\":\"A\" }\n", nil, nil},
	{"Unicode", `{"code":"A","messages":["Ответ","\u20ac"]}`, nil, nil},
	{"EmptyObject", `{}`, []Rule{RuleSchema, RuleSchema}, nil},
	{"EmptyMessages", `{"code":"A","messages":[]}`, []Rule{RuleSchema}, nil},
	{"EmptyCode", `{"code":"","messages":["m"]}`, []Rule{RuleSchema}, nil},
	{"MoreKeys", `{"code":"A","messages":["m"],"a":1,"b":{"c":[null,true]}}`, []Rule{RuleUndocumented}, nil},
	{"HugeNumber", `{"code":"A","messages":["m"],"a":1e999}`, []Rule{RuleUndocumented}, nil},
	{"WrongCase", `{"CODE":"A","messages":["m"]}`, []Rule{RuleUndocumented, RuleSchema}, nil},
	{"KeyTwice", `{"code":"A","messages":["m"],"messages":["n"]}`, []Rule{RuleDuplicateKey}, []Rule{RuleDuplicateKey}},
	{"KeyTwiceInside", `{"code":"A","messages":["m"],"a":{"b":1,"b":2}}`, []Rule{RuleDuplicateKey, RuleUndocumented}, []Rule{RuleDuplicateKey}},
	{"SameKeyInTwoObjects", `{"code":"A","messages":["m"],"a":{"code":1},"b":{"code":1}}`, []Rule{RuleUndocumented}, nil},
	{"CodeNull", `{"code":null,"messages":["m"]}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"CodeNumber", `{"code":1,"messages":["m"]}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"CodeObject", `{"code":{},"messages":["m"]}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"MessagesNull", `{"code":"A","messages":null}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"MessagesText", `{"code":"A","messages":"m"}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"MessagesNumber", `{"code":"A","messages":[1]}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"MessagesOneNull", `{"code":"A","messages":["m",null]}`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"Null", `null`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"Array", `[]`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"Text", `"m"`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"True", `true`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"Number", `12`, []Rule{RuleSchema}, []Rule{RuleSchema}},
	{"CutShort", `{"code":"A","messages":["m"]`, []Rule{RuleJSON}, []Rule{RuleJSON}},
	{"SpaceOnly", "\n", []Rule{RuleJSON}, []Rule{RuleJSON}},
	{"HTML", `<html>`, []Rule{RuleJSON}, []Rule{RuleJSON}},
	{"TrailingComma", `{"code":"A","messages":["m"],}`, []Rule{RuleJSON}, []Rule{RuleJSON}},
	{"SingleQuotes", `{'code':'A'}`, []Rule{RuleJSON}, []Rule{RuleJSON}},
	{"Comment", `{"code":"A","messages":["m"]} // m`, []Rule{RuleJSONTrailing}, []Rule{RuleJSONTrailing}},
	{"TwoValues", `{"code":"A","messages":["m"]}{}`, []Rule{RuleJSONTrailing}, []Rule{RuleJSONTrailing}},
	{"NotUTF8", "{\"code\":\"A\",\"messages\":[\"\xff\"]}", []Rule{RuleJSON}, []Rule{RuleJSON}},
}

func judgeBody(c *Checker, body string) []Violation {
	j := judgement{c: c, documented: c.doc.errorBody}
	j.op = &operation{id: "op"}
	j.resp = Response{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	j.judgeParts()
	return j.violations
}

func TestBodies(t *testing.T) {
	t.Parallel()
	strict, bare := mustNew(t, WithStrict()), mustNew(t)
	for _, tt := range bodies {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, check := range map[string]struct {
				c    *Checker
				want []Rule
			}{"strict": {strict, tt.strict}, "bare": {bare, tt.bare}} {
				var got []Rule
				for _, v := range judgeBody(check.c, tt.body) {
					got = append(got, v.Rule)
				}
				if !slices.Equal(got, check.want) {
					t.Errorf("%s: got %v, want %v", name, got, check.want)
				}
			}
		})
	}
}

func TestViolationsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithStrict())
	for body, want := range map[string]string{
		`{"code":"A"}`:                                                   "op: response body /messages: found no such key, expected a value [response-schema]",
		`{"code":"","messages":["m"]}`:                                   "op: response body /code: found 0 characters, expected at least 1 [response-schema]",
		`{"code":"A","messages":[]}`:                                     "op: response body /messages: found 0 items, expected at least 1 [response-schema]",
		`{"code":"A","messages":["m",7]}`:                                "op: response body /messages/1: found number, expected string [response-schema]",
		`{"code":null,"messages":["m"]}`:                                 "op: response body /code: found null, expected a value [response-schema]",
		`{"Code":"A","code":"A","messages":["m"]}`:                       `op: response body: found undocumented keys: "Code", expected documented keys only [response-undocumented-key]`,
		`{"code":"A","messages":["m"],"jane@x.org":1,"status":400}`:      `op: response body: found undocumented keys: "status", 1 not shown, because a key may be personal data, expected documented keys only [response-undocumented-key]`,
		`{"code":"A","code":"B","messages":["m"]}`:                       "op: response body /code: found a duplicate key, expected no duplicate key [response-duplicate-key]",
		`{"code":"A","messages":["m"],"x":{"jane":1,"jane":2}}`:          "op: response body /(key)/(key): found a duplicate key, expected no duplicate key [response-duplicate-key]",
		`{"code":"A","messages":["m"],"data":{"5551234":{"a":1,"a":2}}}`: "op: response body /data/(key)/(key): found a duplicate key, expected no duplicate key [response-duplicate-key]",
	} {
		got := judgeBody(c, body)
		if len(got) == 0 || got[0].String() != want {
			t.Errorf("%s\n got %v\nwant %s", body, got, want)
		}
	}
}

// No body causes a panic, a verdict other than that of json.Valid, or a violation that
// quotes it.
func FuzzBody(f *testing.F) {
	for _, tt := range bodies {
		f.Add([]byte(tt.body))
	}
	f.Add([]byte(strings.Repeat("[", 100) + strings.Repeat("]", 100)))
	f.Add([]byte(`{"\u0000":"\ud800","a\/b":-0.0e-1}`))
	c := mustNew(f, WithStrict())
	f.Fuzz(func(t *testing.T, body []byte) {
		violations := judgeBody(c, string(body))
		syntax := slices.ContainsFunc(violations, func(v Violation) bool {
			return v.Rule == RuleJSON || v.Rule == RuleJSONTrailing || v.Rule == RuleBodyMissing
		})
		if want := !json.Valid(body) || !utf8.Valid(body); syntax != want {
			t.Errorf("JSON found wrong: %v, want %v", syntax, want)
		}
		marked := []byte(strings.ReplaceAll(string(body), "m", "zqzqzq"))
		for _, v := range judgeBody(c, string(marked)) {
			if strings.Contains(v.String(), "zqzqzq") {
				t.Errorf("the text quotes the body: %s", v)
			}
		}
	})
}

// The contract does not use these keywords, but a later version may. The examples do not
// match them, which does not matter.
func TestOtherKeywords(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(fixture(t, "one-operation.strict.json")), `"minItems": 1,`, `"minItems": 1, "maxItems": 2,`, 1)
	text = strings.Replace(text, `"minLength": 1,
            "type": "string"`, `"minLength": 1, "maxLength": 3, "enum": ["A", "B", "", "ABCD"],
            "type": "string"`, 1)
	c := mustNew(t, WithDocument([]byte(text)), WithStrict())
	for body, want := range map[string]string{
		`{"code":"C","messages":["m"]}`:         "response body /code: found another value, expected one of the documented values",
		`{"code":"ABCD","messages":["m"]}`:      "response body /code: found 4 characters, expected at most 3",
		`{"code":"A","messages":["m","m","m"]}`: "response body /messages: found 3 items, expected at most 2",
		`{"code":"B","messages":["m","m"]}`:     "",
	} {
		got := judgeBody(c, body)
		if want == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]), want) {
			t.Errorf("%s: got %v, want %s", body, got, want)
		}
	}
}
