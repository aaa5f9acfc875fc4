package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	goldmarktext "github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"
)

// maxFileSize bounds what is read. Yuno's largest page with a specification is
// under 1 MiB; a file of this size is something else.
const maxFileSize = 8 << 20

// document is a specification as it was found in a file.
type document struct {
	root      *yaml.Node // a mapping without aliases, tags or duplicate keys
	pageTitle string     // the page's heading; "" for a plain file
}

// readDocument reads a documentation page or a plain OpenAPI file. Every error
// names the file, and the line where there is one.
func readDocument(path string) (document, error) {
	content, err := readFile(path)
	if err != nil {
		return document{}, err
	}
	var doc document
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".md", ".mdx", ".markdown":
		var block []byte
		block, doc.pageTitle, err = specificationBlock(content)
		if err == nil {
			doc.root, err = parseYAML(block)
		}
	case ".json":
		doc.root, err = parseJSON(content)
	case ".yaml", ".yml":
		doc.root, err = parseYAML(content)
	default:
		err = fmt.Errorf("cannot tell what it is from the ending %q: want .md (a documentation page), .json or .yaml", ext)
	}
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", path, err)
	}
	if doc.root.Kind != yaml.MappingNode {
		return document{}, fmt.Errorf("%s: line %d: not an OpenAPI document: want an object at the top", path, doc.root.Line)
	}
	return doc, nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a directory, want a file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxFileSize:
		return nil, fmt.Errorf("%s: larger than %d MiB", path, maxFileSize>>20)
	case !utf8.Valid(content):
		return nil, fmt.Errorf("%s: not UTF-8 text", path)
	}
	return bytes.TrimPrefix(content, []byte("\ufeff")), nil
}

// openAPIKey tells a specification from the page's other code blocks. It is
// looked for in the text, so that a block with broken YAML is still found and
// its error is shown.
var openAPIKey = regexp.MustCompile(`(?m)^\s*(openapi|"openapi")\s*:`)

// specificationBlock returns the one fenced OpenAPI block of a Markdown page,
// and the page's heading. The block is padded with empty lines so that the
// line numbers of its errors are those of the page.
func specificationBlock(page []byte) (block []byte, title string, err error) {
	var lines []int
	err = ast.Walk(goldmark.DefaultParser().Parse(goldmarktext.NewReader(page)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 && title == "" && n.Parent().Kind() == ast.KindDocument {
				title = string(n.Lines().Value(page))
			}
		case *ast.FencedCodeBlock:
			content := n.Lines().Value(page)
			if !openAPIKey.Match(content) {
				break
			}
			first, end := n.Lines().At(0).Start, n.Lines().At(n.Lines().Len()-1).Stop
			line := bytes.Count(page[:first], []byte("\n"))
			lines = append(lines, line+1)
			if !closesFence(page[end:]) {
				return ast.WalkStop, fmt.Errorf("line %d: the block is never closed; the page seems to be cut short", line)
			}
			block = append(bytes.Repeat([]byte("\n"), line), content...)
		}
		return ast.WalkContinue, nil
	})
	switch {
	case err != nil:
		return nil, "", err
	case len(lines) == 0:
		return nil, "", errors.New("no fenced block with an OpenAPI document in this page")
	case len(lines) > 1:
		return nil, "", fmt.Errorf("%d OpenAPI documents in this page, at lines %s: want one", len(lines), joinInts(lines))
	}
	return block, title, nil
}

// closesFence reports whether the next line is a closing fence. CommonMark lets
// a block run to the end of the file, and a page that was cut off looks so.
func closesFence(rest []byte) bool {
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	line = bytes.TrimLeft(line, " >")
	return bytes.HasPrefix(line, []byte("```")) || bytes.HasPrefix(line, []byte("~~~"))
}

func joinInts(ints []int) string {
	words := make([]string, len(ints))
	for i, n := range ints {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}
