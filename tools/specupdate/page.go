package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A page is a documentation page: Markdown that contains one specification.
type page struct {
	title string // "" if there is none
	block block
}

// A block is a fenced code block.
type block struct {
	content []byte
	line    int // of the page, where the content begins
	closed  bool
}

// Only fences and headings of Markdown are parsed, line by line. A whole Markdown
// parser needs minutes and gigabytes for a page of deeply nested quotes and lists.
var (
	// A fence may be inside quotes (>) and, indented, inside a list.
	fenceLine   = regexp.MustCompile("^([ \t>]*)(`{3,}|~{3,})(.*)$")
	headingLine = regexp.MustCompile(`^ {0,3}#[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$`)
	underline   = regexp.MustCompile(`^ {0,3}=+[ \t]*$`)
)

// readPage finds the page's heading and its one OpenAPI block.
func readPage(content []byte) (page, error) {
	title, named := frontMatter(content)
	heading, all := outline(content)
	if heading != "" {
		title = heading
	}
	var found []block
	for _, b := range all {
		if b.isSpecification() {
			found = append(found, b)
		}
	}
	switch {
	case len(found) == 0 && named != "":
		return page{}, fmt.Errorf("no OpenAPI document in this page; its front matter names one: %s. Try: save that file and use it instead of the page", named)
	case len(found) == 0:
		return page{}, errors.New("no fenced block with an OpenAPI document in this page")
	case len(found) > 1:
		return page{}, fmt.Errorf("%d OpenAPI documents in this page, the first two at lines %d and %d: want one", len(found), found[0].line, found[1].line)
	case !found[0].closed: // Markdown lets it run to the end of the file
		return page{}, fmt.Errorf("line %d: the block is never closed; the page seems to be cut short", found[0].line-1)
	}
	return page{title: title, block: found[0]}, nil
}

// frontMatter returns two values of the page's front matter, the block of YAML
// between lines of three hyphens at its beginning: its title and the document that
// openapi names, as in "/openapi/customers/delete.json DELETE /customers/{id}".
// Both are "" if they are missing or the block is no YAML.
func frontMatter(content []byte) (title, named string) {
	lines := bytes.SplitAfterN(content, []byte("\n"), 2)
	if len(lines) < 2 || string(bytes.TrimSpace(lines[0])) != "---" {
		return "", ""
	}
	var block []byte
	for line := range bytes.Lines(lines[1]) {
		if string(bytes.TrimSpace(line)) == "---" {
			root, err := parseYAML(block)
			if err != nil {
				return "", ""
			}
			return text(root, "title"), strings.TrimSpace(text(root, "openapi"))
		}
		block = append(block, line...)
	}
	return "", ""
}

// outline returns the first heading of level 1, or "", and the fenced blocks.
func outline(content []byte) (title string, blocks []block) {
	var open *block
	var margin, fence string // the text before the opening fence, and the fence
	previous, number := "", 0
	for line := range bytes.Lines(content) {
		number++
		text := strings.TrimRight(string(line), "\r\n")
		parts := fenceLine.FindStringSubmatch(text)
		switch {
		case open != nil && parts != nil && strings.HasPrefix(parts[2], fence) && strings.TrimSpace(parts[3]) == "":
			open.closed, open = true, nil
		case open != nil && strings.Contains(margin, ">") && !strings.HasPrefix(strings.TrimLeft(text, " \t"), ">"):
			open = nil // the end of a quote ends its block
		case open != nil:
			open.content = append(append(open.content, withoutMargin(text, margin)...), '\n')
		case parts != nil && (parts[2][0] == '~' || !strings.Contains(parts[3], "`")):
			margin, fence = parts[1], parts[2]
			blocks = append(blocks, block{line: number + 1})
			open = &blocks[len(blocks)-1]
		case title == "" && headingLine.MatchString(text):
			title = headingLine.FindStringSubmatch(text)[1]
		case title == "" && underline.MatchString(text):
			title = previous
		}
		previous = strings.TrimSpace(text)
	}
	return title, blocks
}

// withoutMargin removes from a line the text before its block's fence, as far as
// the line has it: empty lines often have less.
func withoutMargin(line, margin string) string {
	for _, r := range margin {
		rest, ok := strings.CutPrefix(line, string(r))
		if !ok {
			break
		}
		line = rest
	}
	return line
}

// parse reads the block. It adds empty lines before the content, so that errors
// have the line numbers of the page.
func (b block) parse() (*yaml.Node, error) {
	content := append(bytes.Repeat([]byte("\n"), b.line-1), b.content...)
	if b.isJSON() {
		return parseJSON(content)
	}
	return parseYAML(content)
}

func (b block) isJSON() bool { return bytes.HasPrefix(bytes.TrimSpace(b.content), []byte("{")) }

// The block with the key openapi is the specification. The key is searched in the
// text of a block that does not parse, so that the parser's error is reported
// instead of a missing specification.
var (
	yamlKey = regexp.MustCompile(`^( *)(openapi|"openapi"|'openapi')\s*:`)
	jsonKey = regexp.MustCompile(`[{,]\s*"openapi"\s*:`)
)

func (b block) isSpecification() bool {
	if b.isJSON() {
		if root, err := parseJSON(b.content); err == nil {
			return field(root, "openapi") != nil
		}
		return jsonKey.Match(b.content)
	}
	margin := -1 // of the first line with content: top-level keys have the same
	for line := range bytes.Lines(b.content) {
		content := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(content)) == 0 || content[0] == '#' || bytes.HasPrefix(content, []byte("---")) {
			continue
		}
		if margin < 0 {
			margin = len(line) - len(content)
		}
		if key := yamlKey.FindSubmatch(line); key != nil && len(key[1]) == margin {
			return true
		}
	}
	return false
}
