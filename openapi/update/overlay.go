package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3" // the overlay processor's own; everything else here uses its maintained successor
)

// overlayPaths are applied in this order, each on the result of the one before.
var overlayPaths = []string{"openapi/overlay.yaml", "openapi/overlay-strict.yaml"}

// fits reports whether the overlays still apply to the specification. An action
// whose target matches nothing, or that changes nothing, is refused with its
// line: either the specification lost what the action was for, or it now
// documents by itself what the action adds.
func (c *candidate) fits(root string) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(c.specification, &doc); err != nil {
		return fmt.Errorf("reading the new specification for the overlays: %s", oneLine(err))
	}
	for _, path := range overlayPaths {
		if err := applyOverlay(&doc, root, path); err != nil {
			return err
		}
	}
	var value any
	if err := doc.Decode(&value); err != nil {
		return fmt.Errorf("after the overlays: %s", oneLine(err))
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return fmt.Errorf("after the overlays: %s", oneLine(err))
	}
	overlaid, err := loadOpenAPI(text)
	if err == nil {
		err = overlaid.Validate(context.Background())
	}
	if err != nil {
		return fmt.Errorf("with the overlays applied, it is not a valid OpenAPI document: %s", oneLine(err))
	}
	return nil
}

// applyOverlay applies the actions one at a time, so that an error can name the
// line of the action it comes from.
func applyOverlay(doc *yaml.Node, root, path string) error {
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return err
	}
	whole, err := overlay.ParseReader(strings.NewReader(string(content)))
	if err == nil {
		err = whole.Validate()
	}
	if err != nil {
		return fmt.Errorf("%s: not a valid overlay: %s", path, oneLine(err))
	}
	var lines struct{ Actions []yaml.Node }
	if err := yaml.Unmarshal(content, &lines); err != nil {
		return fmt.Errorf("%s: %s", path, oneLine(err))
	}
	for i, action := range whole.Actions {
		one := *whole
		one.Actions = []overlay.Action{action}
		warnings, err := one.ApplyToStrict(doc)
		if err == nil && len(warnings) > 0 {
			err = fmt.Errorf("the action changes nothing (target %s)", action.Target)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: does not fit the new specification: %s: mend or delete this action, then run the update again",
				path, lines.Actions[i].Line, strings.TrimPrefix(oneLine(err), "error applying overlay (strict): "))
		}
	}
	return nil
}
