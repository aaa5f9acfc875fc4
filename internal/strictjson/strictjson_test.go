package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`: "", `[]`: "", `null`: "", ` -1.5e3 `: "", `"a"`: "", `[1,[2,{"a":[]}],true]`: "",
		`{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}`: "",
		`{"a":1,"A":2}`:            "", // case is a matter of the reader
		`{"a":1,"a":2}`:            "a is duplicated @7",
		`{"a":1,"b":2,"\u0061":2}`: "a is duplicated @13",
		`{"a":1,"a":2,"a":3}`:      "a is duplicated @7, a is duplicated @13",
		`{"":1, "":2}`:             " is duplicated @7",
		`[{"p":[{"x":1},{"x":1 , "y":{}, "x":null}]}]`: "0.p.1.x is duplicated @32",
		`{"a\"b":"}","a\"b":1}`:                        `a"b is duplicated @12`,
		`{"a\\":1,"a\\":"\\"}`:                         `a\ is duplicated @9`,
		"{\"a\":\"\xe9\"}":                             "a is not valid UTF-8 @5",
		"{\"\xe9\":1,\"\xe8\":1}":                      "\ufffd is not valid UTF-8 @1, \ufffd is not valid UTF-8 @7, \ufffd is duplicated @7",
		`{"a":"\ud83d\ude00 \\ud83d 😀"}`:               "",
		`["\ud83d"]`:                                   "0 contains half of a surrogate pair @1",
		`["\ude00"]`:                                   "0 contains half of a surrogate pair @1",
		`["x\ud83dx"]`:                                 "0 contains half of a surrogate pair @1",
		`["\ud83d\n"]`:                                 "0 contains half of a surrogate pair @1",
		`["\ud83d\ud83d\ude00"]`:                       "0 contains half of a surrogate pair @1",
		`["\uDE00\uD83D"]`:                             "0 contains half of a surrogate pair @1",
		`["\ud83d\u0061"]`:                             "0 contains half of a surrogate pair @1",
		`{"\ud800":1}`:                                 "\ufffd contains half of a surrogate pair @1",
		strings.Repeat("[", 9000) + `{"a":1,"a":1}` + strings.Repeat("]", 9000): strings.Repeat("0.", 9000) + "a is duplicated @9007",
	} {
		if got := describe(Find([]byte(text), 10)); got != want {
			t.Errorf("%.60q: got %.60q, want %.60q", text, got, want)
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	if got := Find([]byte(`{"a":1,"a":2,"a":3,"a":4}`), 2); len(got) != 2 {
		t.Errorf("got %d problems, want 2", len(got))
	}
}

func describe(problems []Problem) string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%s %s @%d", strings.Join(p.Path, "."), p.Kind, p.Offset))
	}
	return strings.Join(texts, ", ")
}

// A text without problems means the same after it was decoded and encoded again.
func FuzzFind(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[{"\u0061":"\ud83d"}]}`))
	f.Add([]byte("{\"a\\\\\":{\"\\\"\":\"\xff\"} , \"a\": -1}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		problems := Find(text, 1)
		tokens, distinct := count(json.NewDecoder(bytes.NewReader(text)))
		broken := !utf8.Valid(text)
		if (len(problems) > 0) != (broken || tokens != distinct) && !bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) {
			t.Errorf("%q: got %v; %d keys, %d distinct, UTF-8 %v", text, problems, tokens, distinct, !broken)
		}
	})
}

// count returns the number of keys in all objects, and without the duplicates.
func count(dec *json.Decoder) (keys, distinct int) {
	dec.UseNumber()
	token, _ := dec.Token()
	if token != json.Delim('{') && token != json.Delim('[') {
		return 0, 0
	}
	seen := map[string]bool{}
	for dec.More() {
		if token == json.Delim('{') {
			name, _ := dec.Token()
			seen[name.(string)] = true
			keys++
		}
		k, d := count(dec)
		keys, distinct = keys+k, distinct+d
	}
	_, _ = dec.Token()
	return keys, distinct + len(seen)
}
