package main

import (
	"strings"
	"testing"
)

func TestReadPage(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, page, title, content string }{
		{"FourBackticksAndWords", "# T\n\n````yaml a.json DELETE /x\nopenapi: 3\n````\n", "T", "openapi: 3\n"},
		{"ShorterFenceInside", "````\nopenapi: 3\n```\nx: 1\n````\n", "", "openapi: 3\n```\nx: 1\n"},
		{"Tildes", "~~~yaml `x`\nopenapi: 3\n~~~~\n", "", "openapi: 3\n"},
		{"BackticksDoNotCloseTildes", "~~~\nopenapi: 3\n```\n~~~\n", "", "openapi: 3\n```\n"},
		{"FenceWithWordsDoesNotClose", "```\nopenapi: 3\n``` yaml\n```\n", "", "openapi: 3\n``` yaml\n"},
		{"InlineCodeIsNoFence", "```x```\n\n```\nopenapi: 3\n```\n", "", "openapi: 3\n"},
		{"LineEndsOfWindows", "# T\r\n\r\n```\r\nopenapi: 3\r\nx: 1\r\n```\r\n", "T", "openapi: 3\nx: 1\n"},
		{"IndentedByATab", "1. a\n\n\t```\n\topenapi: 3\n\n\tx:\n\t  - 1\n\t```\n", "", "openapi: 3\n\nx:\n  - 1\n"},
		{"IndentedBySpaces", "  ```\n  openapi: 3\n  x: 1\n  ```\n", "", "openapi: 3\nx: 1\n"},
		{"Quoted", "> # Q\n> ```\n> openapi: 3\n>\n> x: 1\n> ```\n", "", "openapi: 3\n\nx: 1\n"},
		{"JSON", "```json\n{\"info\": {}, \"openapi\":\"3\"}\n```\n", "", "{\"info\": {}, \"openapi\":\"3\"}\n"},
		{"BrokenJSONIsStillFound", "```json\n{\"info\" {}, \"openapi\":\"3\"}\n```\n", "", "{\"info\" {}, \"openapi\":\"3\"}\n"},
		{"DoubleQuotedKey", "```\n\"openapi\": 3\n```\n", "", "\"openapi\": 3\n"},
		{"SingleQuotedKey", "```\n'openapi': 3\n```\n", "", "'openapi': 3\n"},
		{"NotTheFirstKey", "```\n# a comment\n---\ninfo:\n  a: 1\nopenapi: 3\n```\n", "", "# a comment\n---\ninfo:\n  a: 1\nopenapi: 3\n"},
		{"AllOfItIndented", "```\n  openapi: 3\n  x: 1\n```\n", "", "  openapi: 3\n  x: 1\n"},
		{"OtherBlocksAreNone", "```\nspec:\n  openapi: 3\n```\n```json\n{\"a\": {\"openapi\": 1}}\n```\n```\nopenapi: 3\n```\n", "", "openapi: 3\n"},
		{"ClosingMarksOfHeading", "## Two\n# One #\n# Another\n```\nopenapi: 3\n```\n", "One", "openapi: 3\n"},
		{"UnderlinedHeading", "One\n===\n```\nopenapi: 3\n```\n", "One", "openapi: 3\n"},
		{"CommentInABlockIsNoHeading", "```\n# not\nopenapi: 3\n```\n# T\n", "T", "# not\nopenapi: 3\n"},
		{"TitleInFrontMatter", "---\ntitle: Delete Customer\n---\n```\nopenapi: 3\n```\n", "Delete Customer", "openapi: 3\n"},
		{"HeadingBeforeFrontMatter", "---\ntitle: A\n---\n# B\n```\nopenapi: 3\n```\n", "B", "openapi: 3\n"},
		{"HashWithoutSpaceIsNoHeading", "#not\n```\nopenapi: 3\n```\n", "", "openapi: 3\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := readPage([]byte(c.page))
			if err != nil {
				t.Fatal(err)
			}
			if p.title != c.title {
				t.Errorf("title %q, want %q", p.title, c.title)
			}
			if got := string(p.block.content); got != c.content {
				t.Errorf("got %q, want %q", got, c.content)
			}
		})
	}
}

func TestReadPageRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, page, want string }{
		{"NoBlock", "openapi: 3\n", "no fenced block"},
		{"IndentedKey", "```\na:\n  openapi: 3\n```\n", "no fenced block"},
		{"JSONWithTheKeyBelow", "```\n{\"a\": {\"openapi\": 3}}\n```\n", "no fenced block"},
		{"Two", "```\nopenapi: 3\n```\n\n```\nopenapi: 3\n```\n", "2 OpenAPI documents in this page, the first two at lines 2 and 6"},
		{"NeverClosed", "\n```\nopenapi: 3\n", "line 2: the block is never closed"},
		{"DocumentInFrontMatter", "---\ntitle: \"Delete Customer\"\nopenapi: \"/openapi/customers/delete-customer.json DELETE /customers/{customer_id}\"\n---\n\nWords.\n",
			"its front matter names one: /openapi/customers/delete-customer.json DELETE /customers/{customer_id}. Try: save that file and use it instead of the page"},
		{"FrontMatterWithoutDocument", "---\ntitle: T\n---\nWords.\n", "no fenced block"},
		{"FrontMatterThatIsNoYAML", "---\n: : :\n---\nWords.\n", "no fenced block"},
		{"FrontMatterThatNeverEnds", "---\nopenapi: a.json DELETE /b\n", "no fenced block"},
		{"QuoteEndsFirst", "> ```\n> openapi: 3\n\n> ```\n", "line 1: the block is never closed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if p, err := readPage([]byte(c.page)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v; want %q", p.block.content, err, c.want)
			}
		})
	}
}

// Errors have line numbers of the page, and JSON is read as JSON: YAML has no
// surrogate escapes.
func TestBlockParses(t *testing.T) {
	t.Parallel()
	t.Run("LineOfThePage", func(t *testing.T) {
		t.Parallel()
		for _, page := range []string{"# T\n\n```\nopenapi: 3\nopenapi: 3\n```\n", "# T\n\n```\n{\"openapi\": 3,\n\"openapi\": 3}\n```\n"} {
			p, err := readPage([]byte(page))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.block.parse(); err == nil || !strings.Contains(err.Error(), "line 5: ") {
				t.Errorf("got %v, want line 5", err)
			}
		}
	})
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		p, err := readPage([]byte("```\n\t{\"x\": \"\\ud83d\\ude00\",\t\"openapi\": 3}\n```\n"))
		if err != nil {
			t.Fatal(err)
		}
		root, err := p.block.parse()
		if err != nil || text(root, "x") != "😀" {
			t.Errorf("got %q, %v", text(root, "x"), err)
		}
	})
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte("# T\n\n````yaml a b\nopenapi: 3.1.0\n````\n"))
	f.Add([]byte("```json\n{\"openapi\": \"3.0.0\"}\n```\n> ~~~yaml\n> openapi: 3\n> ~~~\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := readPage(content)
		if err != nil {
			return
		}
		if !p.block.isSpecification() || !p.block.closed {
			t.Fatalf("took %q for a specification", p.block.content)
		}
		if lines := strings.Count(string(content), "\n"); p.block.line > lines+1 {
			t.Fatalf("line %d of %d", p.block.line, lines)
		}
	})
}
