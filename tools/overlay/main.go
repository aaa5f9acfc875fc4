// Command overlay merges OpenAPI documents into one and applies overlays, so that
// the result can be read, reviewed and embedded, and code generated from it. It uses
// the code generator's own loader, in strict mode: a target that matches nothing is
// an error.
//
//	overlay -o OUT [-overlay FILE]... SPEC...
//
// go generate runs it. There is no compatibility promise.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
)

func main() {
	var overlays []string
	out := flag.String("o", "", "file to write")
	flag.Func("overlay", "overlay to apply; repeat to apply several in order", func(path string) error {
		overlays = append(overlays, path)
		return nil
	})
	flag.Parse()
	if err := run(*out, overlays, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(1)
	}
}

func run(out string, overlays, specs []string) error {
	if out == "" || len(specs) == 0 {
		return errors.New("usage: overlay -o OUT [-overlay FILE]... SPEC [SPEC...]")
	}
	doc, err := build(overlays, specs)
	if err != nil {
		return err
	}
	text, err := marshal(doc)
	if err != nil {
		return fmt.Errorf("writing %s: %w", out, err)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}

// spec is a document with the file it was read from.
type spec struct {
	path string
	doc  *openapi3.T
}

// build merges the specifications and applies the overlays in order. The loader
// applies one overlay per call and reads a file, so each result is written to a file
// for the next call.
func build(overlays, paths []string) (*openapi3.T, error) {
	var specs []spec
	for _, path := range paths {
		doc, err := load(path, "")
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec{path, doc})
	}
	doc, err := merge(specs)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "overlay")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "document.json")
	for _, overlay := range overlays {
		text, err := marshal(doc)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, err
		}
		if doc, err = load(path, overlay); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// load reads a document and applies an overlay, if one is given. It fetches no
// remote reference.
func load(path, overlay string) (*openapi3.T, error) {
	return util.LoadSwaggerWithOverlay(path, util.LoadSwaggerWithOverlayOpts{
		Path:                overlay,
		Strict:              true,
		AllowRemoteRefsFrom: []string{},
	})
}

func marshal(doc *openapi3.T) ([]byte, error) {
	text, err := doc.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
		return nil, err
	}
	pretty.WriteByte('\n')
	return pretty.Bytes(), nil
}
