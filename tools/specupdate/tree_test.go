package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestParseYAML(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"KeepsOrder", "b: 1\na: 2\n", `{"b":1,"a":2}`},
		{"NumberedKeys", "200: ok\n", `{"200":"ok"}`},
		{"DatesAreText", "a: 2026-09-01\n", `{"a":"2026-09-01"}`},
		{"QuotedStaysText", "a: '1'\nb: \"true\"\n", `{"a":"1","b":"true"}`},
		{"Scalars", "[true, false, null, ~, 1, -1.50, 1e3, text]", `[true,false,null,null,1,-1.50,1e3,"text"]`},
		{"OtherNotations", "[0x10, 1_000, +1, .5]", `[16,1000,1,0.5]`},
		{"LargeNumbersKeepTheirDigits", "a: 12345678901234567890123\n", `{"a":12345678901234567890123}`},
		{"AliasesAreExpanded", "a: &x {k: 1}\nb: *x\n", `{"a":{"k":1},"b":{"k":1}}`},
		{"NoNeedlessEscapes", "a: <b> & 'é'\n", `{"a":"<b> & 'é'"}`},
		{"YAMLBooleansOfOldAreText", "[yes, no, on, off]", `["yes","no","on","off"]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := parseYAML([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := compactJSON(n); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestParseYAMLRefuses(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 8 {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", 'b'+i, 'b'+i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", 'a'+i), 10), ","))
	}
	cases := []struct{ name, in, want string }{
		{"DuplicateKey", "a: 1\nb: 2\na: 3\n", `line 3: the key "a" is duplicated`},
		{"SameKeyInTwoTypes", "200: a\n'200': b\n", `line 2: the key "200" is duplicated`},
		{"MergeKey", "a: &x {k: 1}\nb:\n  <<: *x\n", "line 3: merge keys"},
		{"KeyThatIsAList", "? [a]\n: 1\n", "line 1: a key must be a string"},
		{"NotANumber", "a: .nan\n", `line 1: JSON has no number ".nan"`},
		{"Infinity", "a: .inf\n", "JSON has no number"},
		{"Binary", "a: !!binary aGk=\n", "OpenAPI has no values of type"},
		{"TooDeep", strings.Repeat("[", 300) + strings.Repeat("]", 300), "nested deeper than 200"},
		{"AliasBomb", bomb, "values"},
		{"AliasToItself", "a: &x\n  b: *x\n", "nested deeper"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := parseYAML([]byte(c.in))
			if err == nil {
				t.Fatalf("want an error, got %s", short(compactJSON(n)))
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
		})
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"KeepsOrder", `{"b": 1, "a": [true, null, "x"]}`, `{"b":1,"a":[true,null,"x"]}`},
		{"TabsAndSurrogates", "{\t\"a\":\t\"\\ud83d\\ude00\"}", `{"a":"😀"}`},
		{"NumbersAsWritten", `[1.0, 1e2, 12345678901234567890]`, `[1.0,1e2,12345678901234567890]`},
		{"Empty", `{"a": {}, "b": []}`, `{"a":{},"b":[]}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := parseJSON([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := compactJSON(n); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Parsed documents are written as valid JSON that reads back as the same.
func checkRoundTrip(t *testing.T, parse func([]byte) ([]byte, error), in []byte) {
	out, err := parse(in)
	if err != nil {
		return
	}
	if !json.Valid(out) {
		t.Fatalf("%q became %q, which is not JSON", in, out)
	}
	again, err := parseJSON(out)
	if err != nil {
		t.Fatalf("%q became %q, which is refused: %v", in, out, err)
	}
	if !bytes.Equal(encodeJSON(again), out) {
		t.Fatalf("%q became %q and then %q", in, out, encodeJSON(again))
	}
}

func FuzzParseYAML(f *testing.F) {
	for _, seed := range []string{"a: 1\n", "[1, 0x1, .5, ~, 2026-09-01]", "a: &x {b: c}\nd: *x\n", "? a\n: b\n", "'200': {x: \"\\u00e9\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		checkRoundTrip(t, func(in []byte) ([]byte, error) {
			n, err := parseYAML(in)
			if err != nil {
				return nil, err
			}
			return encodeJSON(n), nil
		}, in)
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `[1e9,"\ud83d\ude00",null,true]`, `{"a":{"b":[]}}`, `{}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		checkRoundTrip(t, func(in []byte) ([]byte, error) {
			n, err := parseJSON(in)
			if err != nil {
				return nil, err
			}
			return encodeJSON(n), nil
		}, in)
	})
}
