package bulkdelete

import (
	"context"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// erasedList is the list of customers whose erasure is to be verified.
type erasedList struct {
	name     string // of the file
	scan     func(context.Context) (*survey.List, error)
	describe func(error) error // of reading the list
	close    func()

	// found are the look-ups of a deletion by merchant ids, nil if the ids were Yuno's.
	found *survey.Selection
	// others calls yield with the results of a journal that are nobody's to verify.
	others func(ctx context.Context, yield func(bulk.Result) error) error
	// Set whenever a journal is read:
	tooYoung  int // accepted too short a time ago
	notErased int // failed, not found or invalid
}

// erasedOf returns the list that the flags name.
func (v *verification) erasedOf(ctx context.Context) (*erasedList, error) {
	if v.Journal != "" {
		return erasedIn(ctx, v.Journal, v.to, v.now.Add(-v.After))
	}
	if v.File == "-" {
		return nil, command.NewUsageError("--file -: the list is read more than once", "a file")
	}
	in, err := (&Command{File: v.File}).openInput(ctx, nil)
	if err != nil {
		return nil, err
	}
	ids := &idSource{input: in, format: v.format()}
	return &erasedList{
		name: v.File, scan: ids.scan, describe: in.describe, close: in.close,
		others: func(context.Context, func(bulk.Result) error) error { return nil },
	}, nil
}

// erasedIn returns the customers whose erasure a journal records as accepted until then, or
// as maybe accepted. It rejects a journal of another account or service, whose customers
// are certainly not found here.
func erasedIn(ctx context.Context, journal string, to *destination, until time.Time) (*erasedList, error) {
	facts, err := bulk.ReadJournal(journal)
	if err != nil {
		return nil, journalError(err)
	}
	const hint = "the keys of the deletion, or the journal that belongs to these"
	switch {
	case facts.AccountCode != to.account:
		return nil, command.NewUsageError("journal "+journal+": belongs to another account ("+facts.AccountCode+", not "+to.account+")", hint)
	case facts.BaseURL != to.baseURL:
		return nil, command.NewUsageError("journal "+journal+": belongs to another environment ("+facts.BaseURL+", not "+to.baseURL+")", hint)
	}
	l := &erasedList{name: journal, describe: journalError, close: func() {}}
	if exists(lookUpPath(journal)) {
		if l.found, err = survey.OpenSelection(ctx, lookUpPath(journal), wasFound); err != nil {
			return nil, journalError(err)
		}
		l.close = func() { _ = l.found.Close() }
	}
	read := func(ctx context.Context, asked, other func(bulk.Result) error) error {
		l.tooYoung, l.notErased = 0, 0
		return bulk.ReadResults(ctx, journal, func(r bulk.Result) error {
			switch {
			case r.Outcome != bulk.Accepted && r.Outcome != bulk.MaybeDeleted:
				l.notErased++
				return other(r)
			case r.Time.After(until):
				l.tooYoung++
				return other(r)
			}
			return asked(r)
		})
	}
	ignore := func(bulk.Result) error { return nil }
	l.scan = func(ctx context.Context) (*survey.List, error) {
		return survey.Scan(ctx, func(ctx context.Context, yield func(survey.Record) error) error {
			return read(ctx, func(r bulk.Result) error {
				return yield(survey.Record{Line: r.Line, ID: r.ID, Erasure: &r})
			}, ignore)
		})
	}
	l.others = func(ctx context.Context, yield func(bulk.Result) error) error { return read(ctx, ignore, yield) }
	return l, nil
}

// described adds the merchant's id to a result, if it is known.
func (l *erasedList) described(r bulk.Result) bulk.Result {
	if l.found == nil {
		return r
	}
	return describedBy(l.found, r)
}
