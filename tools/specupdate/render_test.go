package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"Plain", "a é 日 😀 `x`", "a é 日 😀 `x`"},
		{"EscapeSequence", "\x1b[31mred", `\x1b[31mred`},
		{"LineEnd", "a\nb\r\tc", `a\nb\r\tc`},
		{"RightToLeft", "a\u202eb", `a\u202eb`},
		{"ZeroWidth", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"LineSeparator", "a\u2028b", `a\u2028b`},
		{"C1", "a\u009bb", `a\u009bb`},
		{"Tag", "a\U000e0041", `a\U000e0041`},
		{"NotUTF8", "a\xff", "a\ufffd"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := printable(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	if s := strings.Repeat("a", 120); short(s) != s {
		t.Error("cut what fits")
	}
	if got, want := short(strings.Repeat("é", 61)), strings.Repeat("é", 60)+"…"; got != want {
		t.Errorf("got %q", got)
	}
	if got, want := short("a"+strings.Repeat("é", 60)), "a"+strings.Repeat("é", 59)+"…"; got != want {
		t.Errorf("got %q", got)
	}
}

// hostile is a report with texts that try to look like other parts of it.
func hostile() report {
	const evil = "`x` <b> [l](u) \x1b[2J\u202e\n# h"
	return report{
		From: evil, To: evil, Refused: evil,
		Changes:     []change{{ID: "i", Text: evil, ClientUsers: "c"}},
		Differences: []difference{{At: evil, Was: evil + strings.Repeat("z", 200), Now: "``"}},
		LeftOut:     []string{evil}, Resolved: []string{evil},
	}
}

func TestReportsArePrintable(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "markdown", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			rep := hostile()
			if err := rep.write(&out, format); err != nil {
				t.Fatal(err)
			}
			for _, r := range out.String() {
				if r != '\n' && !unicode.IsGraphic(r) {
					t.Errorf("%U in the report", r)
				}
			}
			if rep.Changes[0].Text != hostile().Changes[0].Text || rep.LeftOut[0] != hostile().LeftOut[0] {
				t.Error("writing changed the report")
			}
			if format == "json" {
				return
			}
			for line := range strings.Lines(out.String()) {
				if strings.HasPrefix(line, "# h") {
					t.Errorf("a text begins a new line: %q", line)
				}
			}
		})
	}
}

// The JSON report contains whole values; only the text cuts them.
func TestJSONReportIsWhole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := hostile().write(&out, "json"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Breaking    bool
		Differences []difference
		Refused     string
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Breaking || !strings.HasSuffix(got.Differences[0].Was, strings.Repeat("z", 200)) || got.Refused == "" {
		t.Errorf("got %+v", got)
	}
	if text := hostile().render(plainText); strings.Contains(text, strings.Repeat("z", 200)) {
		t.Error("the text contains the whole value")
	}
}

func TestMarkdownWords(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"plain words, 1.0-2", "plain words, 1.0-2"},
		{"the status `202` is new", "the status `202` is new"},
		{"<img src=x> [a](b) *c* _d_ #e a|b", `\<img src=x\> \[a\](b) \*c\* \_d\_ \#e a\|b`},
		{`back\slash`, `back\\slash`},
		{"one ` alone <b>", "one \\` alone \\<b\\>"},
		{"`a` and ` alone", "`a` and \\` alone"},
	}
	for _, c := range cases {
		if got := markdownWords(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"a": "`a`", "": "", "a`b": "``a`b``", "a``b": "```a``b```", "`a": "`` `a ``"} {
		if got := markdownCode(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
