package bulkdelete

import (
	"context"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// summary counts the outcomes up to now, those of merchant ids that led to nobody included.
func (d *deletion) summary() bulk.Summary {
	s := d.job.Summary()
	if d.look != nil {
		c := d.look.survey.Counts()
		s.NotFound += c[survey.NotFound]
		s.Failed += c[survey.Ambiguous] + c[survey.Unknown]
		s.Invalid += d.look.list.Invalid
		s.Duplicates += d.look.list.Duplicates
	}
	return s
}

// total returns how many different valid ids the list has.
func (d *deletion) total() int {
	if d.look != nil {
		return d.look.list.ToAsk()
	}
	return d.list.ToErase()
}

// results calls yield with the results of merchant ids that led to nobody, and then with
// those that read yields.
func (d *deletion) results(read func(func(bulk.Result) error) error, yield func(bulk.Result) error) error {
	if d.look != nil {
		if err := d.look.unresolved(context.Background(), yield); err != nil {
			return err
		}
	}
	return read(func(r bulk.Result) error { return yield(d.described(r)) })
}

// described adds the merchant's id to a result, and the line of the list that it is on.
func (d *deletion) described(r bulk.Result) bulk.Result {
	if d.look == nil {
		return r
	}
	return describedBy(d.look.found, r)
}

// describedBy is described for a deletion of those who were found.
func describedBy(found *survey.Selection, r bulk.Result) bulk.Result {
	r.Line = 0 // of the list of those who were found
	if look, err := found.At(r.N); err == nil && look.CustomerID == r.ID {
		r.MerchantID, r.Line = look.ID, look.Line
	}
	return r
}

// printUnresolved prints the merchant ids of the command line that led to nobody.
func (d *deletion) printUnresolved(ctx context.Context) {
	if d.look == nil || len(d.ID) == 0 || d.JSON {
		return
	}
	_ = d.look.unresolved(ctx, func(r bulk.Result) error { // the summary counts them, too
		printResult(d.printed, r)
		return nil
	})
}
