package main

import (
	"context"
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Paths relative to the root of the checkout.
const (
	vendoredPath = "openapi/customers/delete-customer.json"
	recordPath   = "openapi/SOURCE.json"
)

// A candidate is a specification that may replace the vendored one.
type candidate struct {
	root          *yaml.Node
	specification []byte // JSON, as it would be vendored
	pageTitle     string
	report        report
	stage         *stage // its generated code; nil until generate
	refusal       error  // why it cannot be applied; nil if it can
}

// prepare reads the file at from, keeps what the operation needs and compares it
// with what is vendored under root. It writes nothing. The caller closes the
// candidate.
func prepare(root, from string) (*candidate, error) {
	if err := checkRoot(root); err != nil {
		return nil, err
	}
	doc, err := readDocument(from)
	if err != nil {
		return nil, err
	}
	taken, err := take(doc.root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	vendored, err := readVendored(root)
	if err != nil {
		return nil, err
	}
	rep, err := compare(vendored, taken)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return &candidate{root: taken.root, specification: encodeJSON(taken.root), pageTitle: doc.pageTitle, report: rep}, nil
}

// complete generates the code, compares package api and runs the proofs, and adds
// what breaks to the report. A candidate that cannot be applied is no error: see
// refusal.
func (c *candidate) complete(ctx context.Context, root string) error {
	c.refusal = c.generate(ctx, root)
	if c.refusal == nil {
		var changes []change
		changes, c.refusal = c.stage.prove(ctx)
		c.report.Changes = append(c.report.Changes, changes...)
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if c.refusal != nil {
		c.report.Refused = c.refusal.Error()
	}
	return nil
}

// take extracts the operation and validates the result. Faults in the rest of the
// document do not matter.
func take(root *yaml.Node) (*extraction, error) {
	if err := checkVersion(root); err != nil {
		return nil, err
	}
	taken, err := extract(root)
	if err != nil {
		return nil, err
	}
	if err := refuseGoExtensions(taken.root, false); err != nil {
		return nil, err
	}
	return taken, validate(taken.root)
}

// readVendored returns the vendored operation.
func readVendored(root string) (*extraction, error) {
	path := filepath.Join(root, vendoredPath)
	doc, err := readDocument(path)
	if err != nil {
		return nil, fmt.Errorf("the vendored specification: %w", err)
	}
	taken, err := extract(doc.root)
	if err != nil {
		return nil, fmt.Errorf("the vendored specification: %s: %w", path, err)
	}
	return taken, nil
}

// generate writes the code in a stage, and adds the changes of the Go API to the
// report.
func (c *candidate) generate(ctx context.Context, root string) error {
	if err := c.fits(root); err != nil {
		return err
	}
	made, err := newStage(ctx, root, c.specification)
	if err != nil {
		return err
	}
	c.stage = made
	changes, err := goAPIChanges(ctx, root, made.root)
	c.report.Changes = append(c.report.Changes, changes...)
	return err
}

func (c *candidate) close() {
	if c.stage != nil {
		c.stage.close()
	}
}
