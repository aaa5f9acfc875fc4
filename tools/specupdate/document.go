package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxFileSize bounds the file. Yuno's largest page with a specification is under
// 1 MiB.
const maxFileSize = 4 << 20

// A document is a specification read from a file.
type document struct {
	root      *yaml.Node // a plain tree with an object at the top
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
		var p page
		if p, err = readPage(content); err == nil {
			doc.pageTitle = p.title
			doc.root, err = p.block.parse()
		}
	case ".json":
		doc.root, err = parseJSON(content)
	case ".yaml", ".yml":
		doc.root, err = parseYAML(content)
	default:
		err = fmt.Errorf("the ending %q is not known: want .md (a documentation page), .json or .yaml", ext)
	}
	if err != nil {
		return document{}, fmt.Errorf("%s: %s", path, oneLine(err))
	}
	if doc.root.Kind != yaml.MappingNode {
		return document{}, fmt.Errorf("%s: line %d: not an OpenAPI document: want an object at the top", path, doc.root.Line)
	}
	return doc, nil
}

// readFile reads a text file. It checks the kind of file first, because opening a
// pipe without a writer blocks.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a directory, want a file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
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
