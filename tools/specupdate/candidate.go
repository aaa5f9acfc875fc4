package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// recordPath is relative to the root of the checkout.
const recordPath = "openapi/SOURCE.json"

// A candidate is a specification that may replace a vendored one.
type candidate struct {
	was           record // of the vendored one
	index         int    // of was in SOURCE.json
	sources       sources
	root          *yaml.Node
	specification []byte // JSON, as it would be vendored
	pageTitle     string
	report        report
	stage         *stage // its generated code; nil until generate
	refusal       error  // why it cannot be applied; nil if it can
}

// prepare reads the file at from, keeps what one operation needs and compares it
// with what is vendored under root. It writes nothing. The operation is the one with
// the given name, or if that is empty the vendored one that the file describes. The
// caller closes the candidate.
func prepare(root, from, name string) (*candidate, error) {
	if err := checkRoot(root); err != nil {
		return nil, err
	}
	doc, err := readDocument(from)
	if err != nil {
		return nil, err
	}
	records, all, err := readRecords(root)
	if err != nil {
		return nil, err
	}
	i, vendored, err := choose(root, records, doc.root, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	taken, err := take(doc.root, vendored.operation, vendored.schemas()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	rep, err := compare(vendored, taken)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	if records[i].Origin != originYuno {
		rep.Notice = strings.TrimSpace(fmt.Sprintf("%s is a description by %s. The report says where the new file differs from it; an update replaces it. %s",
			records[i].path(), records[i].Origin, rep.Notice))
	}
	return &candidate{
		was: records[i], index: i, sources: all,
		root: taken.root, specification: encodeJSON(taken.root), pageTitle: doc.pageTitle, report: rep,
	}, nil
}

// choose returns the vendored operation with the given name, or if that is empty the
// one that a document describes, and its index in records.
func choose(root string, records []record, doc *yaml.Node, name string) (int, *extraction, error) {
	if err := checkVersion(doc); err != nil {
		return 0, nil, err
	}
	described, err := operations(doc)
	if err != nil {
		return 0, nil, err
	}
	var found int
	var vendored *extraction
	var names, all []string // of what was found, and of what is vendored
	for i, r := range records {
		was, err := readVendored(root, r)
		if err != nil {
			return 0, nil, err
		}
		all = append(all, fmt.Sprintf("%s (%s)", r.name(), was.operation))
		if r.name() == name || name == "" && slices.ContainsFunc(described, was.is) {
			found, vendored, names = i, was, append(names, r.name())
		}
	}
	switch {
	case len(names) == 1:
		return found, vendored, nil
	case len(names) > 1:
		return 0, nil, fmt.Errorf("describes several operations that are vendored: %s. Try: name one with OPERATION= (--operation)", strings.Join(names, ", "))
	case name != "":
		return 0, nil, fmt.Errorf("operation %q is not vendored: want one of %s", name, strings.Join(all, ", "))
	default:
		return 0, nil, fmt.Errorf("describes no operation that is vendored: want one of %s", strings.Join(all, ", "))
	}
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

// take extracts an operation and validates the result; see extract. Faults in the
// rest of the document do not matter.
func take(root *yaml.Node, wanted operation, named ...string) (*extraction, error) {
	if err := checkVersion(root); err != nil {
		return nil, err
	}
	found, err := find(root, wanted)
	if err != nil {
		return nil, err
	}
	taken, err := extract(root, found, named...)
	if err != nil {
		return nil, err
	}
	if err := refuseGoExtensions(taken.root, false); err != nil {
		return nil, err
	}
	return taken, validate(encodeJSON(taken.root))
}

// readVendored returns the operation of a vendored specification.
func readVendored(root string, r record) (*extraction, error) {
	path := filepath.Join(root, r.path())
	doc, err := readDocument(path)
	if err != nil {
		return nil, fmt.Errorf("the vendored specification: %w", err)
	}
	all, err := operations(doc.root)
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("has %d operations, want one", len(all))
	}
	if err != nil {
		return nil, fmt.Errorf("the vendored specification: %s: %w", path, err)
	}
	whole := extraction{root: doc.root}
	return extract(doc.root, all[0], whole.schemas()...)
}

// schemas are the names of the schemas in components, which are Go types.
func (x *extraction) schemas() []string { return keys(field(field(x.root, "components"), "schemas")) }

// generate writes the code in a stage, and adds the changes of the Go API to the
// report.
func (c *candidate) generate(ctx context.Context, root string) (err error) {
	if c.stage, err = newStage(root, c.was.path(), c.specification); err != nil {
		return err
	}
	merged, err := c.stage.merge(ctx)
	if err != nil {
		return err
	}
	if err := fits(root, merged); err != nil {
		return err
	}
	if err := c.stage.generate(ctx); err != nil {
		return err
	}
	changes, err := goAPIChanges(ctx, root, c.stage.root)
	c.report.Changes = append(c.report.Changes, changes...)
	return err
}

func (c *candidate) close() {
	if c.stage != nil {
		c.stage.close()
	}
}
