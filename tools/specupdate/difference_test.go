package main

import (
	"fmt"
	"strings"
	"testing"
)

// Members of lists are named by their identifying fields, and none is lost.
func TestDifferences(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, was, now, want string }{
		{"Order", "[a, b]", "[b, a]", ""},
		{"Repeated", "[a, a]", "[a]", `"a" (2): "a" -> `},
		{"RepeatedName", "[{url: a, x: 1}, {url: a, x: 2}]", "[{url: a, x: 1}, {url: a, x: 3}]", `a (2) > x: 2 -> 3`},
		{"NameThatLooksRepeated", "[a, a, 'a (2)']", "[a, a]", `"a (2)": "a (2)" -> `},
		{"InFront", "[{name: b}]", "[{name: a}, {name: b}]", `a:  -> {"name":"a"}`},
		{"InDiffers", "[{name: a, in: path}]", "[{name: a, in: query}]", `path a: {"name":"a","in":"path"} -> ; query a:  -> {"name":"a","in":"query"}`},
		{"Kinds", "{a: []}", "{a: {}}", "a: [] -> {}"},
		{"NumberAndText", "{a: 1}", "{a: '1'}", `a: 1 -> "1"`},
		{"ListsOfLists", "[[a]]", "[[b]]", `0 > "a": "a" -> ; 0 > "b":  -> "b"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			was, err := parseYAML([]byte(c.was))
			if err != nil {
				t.Fatal(err)
			}
			now, err := parseYAML([]byte(c.now))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, l := range differences(was, now) {
				lines = append(lines, fmt.Sprintf("%s: %s -> %s", l.At, l.Was, l.Now))
			}
			if got := strings.Join(lines, "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Applying every difference turns one document into the other.
func TestApplied(t *testing.T) {
	t.Parallel()
	was, err := parseYAML([]byte("{a: 1, b: [x, y], c: {d: 1}, e: gone}"))
	if err != nil {
		t.Fatal(err)
	}
	now, err := parseYAML([]byte("{a: 2, b: [y, z], c: {d: 1, f: new}, g: new}"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range differences(was, now) {
		l.parent.Content = l.applied()
	}
	if got, want := compactJSON(was), `{"a":2,"b":["y","z"],"c":{"d":1,"f":"new"},"g":"new"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
