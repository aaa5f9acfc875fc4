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
	name   string // of the file
	source survey.Source
	close  func()

	// others calls yield with the results of a journal that are nobody's to verify.
	others func(ctx context.Context, yield func(bulk.Result) error) error
	// Set by each call of source:
	tooYoung  int // accepted too short a time ago
	notErased int // failed, not found or invalid
}

// erasedIn returns the customers whose erasure a journal records as accepted until then, or
// as maybe accepted. It rejects a journal of another account or service, whose customers
// are certainly not found here.
func erasedIn(journal string, to *destination, until time.Time) (*erasedList, error) {
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
	l := &erasedList{name: journal, close: func() {}}
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
	l.source = func(ctx context.Context, yield func(survey.Record) error) error {
		return read(ctx, func(r bulk.Result) error {
			return yield(survey.Record{Line: r.Line, ID: r.ID, Erasure: &r})
		}, ignore)
	}
	l.others = func(ctx context.Context, yield func(bulk.Result) error) error { return read(ctx, ignore, yield) }
	return l, nil
}
