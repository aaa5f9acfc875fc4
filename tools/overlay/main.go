// Command overlay writes an OpenAPI document with overlays applied, so that the
// result can be read, reviewed and embedded. It uses the code generator's own
// loader, in strict mode: a target that matches nothing is an error.
//
//	overlay -o OUT SPEC OVERLAY [OVERLAY...]
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
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(1)
	}
}

func run(out string, args []string) error {
	if out == "" || len(args) < 2 {
		return errors.New("usage: overlay -o OUT SPEC OVERLAY [OVERLAY...]")
	}
	doc, err := apply(args[0], args[1:])
	if err != nil {
		return err
	}
	text, err := doc.MarshalJSON()
	if err != nil {
		return fmt.Errorf("writing %s as JSON: %w", out, err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
		return fmt.Errorf("writing %s as JSON: %w", out, err)
	}
	pretty.WriteByte('\n')
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, pretty.Bytes(), 0o644)
}

// apply loads spec and applies the overlays in order. The loader applies one
// overlay per call and reads a file, so each result is written to a file for the
// next call.
func apply(spec string, overlays []string) (*openapi3.T, error) {
	tmp, err := os.MkdirTemp("", "overlay")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	for i, path := range overlays {
		doc, err := util.LoadSwaggerWithOverlay(spec, util.LoadSwaggerWithOverlayOpts{
			Path:                path,
			Strict:              true,
			AllowRemoteRefsFrom: []string{},
		})
		if err != nil {
			return nil, err
		}
		if i == len(overlays)-1 {
			return doc, nil
		}
		text, err := doc.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("after %s: %w", path, err)
		}
		spec = filepath.Join(tmp, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(spec, text, 0o600); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no overlay given")
}
