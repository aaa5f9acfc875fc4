package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3" // required by the overlay processor; the other files use its maintained successor
)

// overlayPaths are applied in this order, each on the result of the one before.
var overlayPaths = []string{"openapi/overlay.yaml", "openapi/overlay-strict.yaml"}

// fits reports whether the overlays of a checkout still apply to the merged
// specifications. The error names the line of an action that matches nothing or
// changes nothing: either the specification lost the target, or it now documents what
// the action adds.
func fits(root string, merged []byte) error {
	o, err := applyOverlays(root, merged, false)
	if err != nil || validOverlaid(&o.doc) == nil {
		return err
	}
	if err := validate(merged); err != nil {
		return fmt.Errorf("together with the other specifications: %w", err)
	}
	// The second time, validate after each action to find the one at fault.
	if o, err = applyOverlays(root, merged, true); err != nil {
		return err
	}
	return o.fault
}

// overlaying applies actions one at a time, so that an error names the line of its
// action.
type overlaying struct {
	doc   yaml.Node
	watch bool
	fault error // if watch is set: the action since which the document is not valid OpenAPI
}

func applyOverlays(root string, merged []byte, watch bool) (*overlaying, error) {
	o := overlaying{watch: watch}
	if err := yaml.Unmarshal(merged, &o.doc); err != nil {
		return nil, fmt.Errorf("reading the new specification for the overlays: %s", oneLine(err))
	}
	for _, path := range overlayPaths {
		if err := o.apply(root, path); err != nil {
			return nil, err
		}
	}
	return &o, nil
}

func (o *overlaying) apply(root, path string) error {
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
		warnings, err := one.ApplyToStrict(&o.doc)
		if err == nil && len(warnings) > 0 {
			err = fmt.Errorf("the action changes nothing (target %s)", action.Target)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: does not fit the new specification: %s: fix or delete this action, then run the update again",
				path, lines.Actions[i].Line, strings.TrimPrefix(oneLine(err), "error applying overlay (strict): "))
		}
		if o.watch {
			o.check(fmt.Sprintf("%s:%d", path, lines.Actions[i].Line))
		}
	}
	return nil
}

// check validates the document after the action at place. An action may leave the
// document invalid if a later one fixes it; the last to break it is at fault.
func (o *overlaying) check(place string) {
	err := validOverlaid(&o.doc)
	switch {
	case err == nil:
		o.fault = nil
	case o.fault == nil:
		o.fault = fmt.Errorf("%s: after this action: %s: fix or delete this action, then run the update again",
			place, oneLine(err))
	}
}

func validOverlaid(doc *yaml.Node) error {
	var value any // as plain data, without the styles and comments of two sources
	if err := doc.Decode(&value); err != nil {
		return err
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	return validate(text)
}
