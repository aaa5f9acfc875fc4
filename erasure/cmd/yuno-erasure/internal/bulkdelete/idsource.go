package bulkdelete

import (
	"context"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/idlist"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// idSource reads the ids of an input for a survey.
type idSource struct {
	input   *input
	args    []string // ids of the command line; they have no format
	format  bulk.Format
	reading bulk.Reading // of the latest read
}

// scan reads and checks the whole input.
func (s *idSource) scan(ctx context.Context) (*survey.List, error) {
	list, err := survey.Scan(ctx, s.read)
	if err != nil {
		return nil, s.input.describe(err)
	}
	if s.args == nil {
		err = s.reading.CheckName(s.input.name, strings.Join(list.First[:min(1, len(list.First))], ""))
	}
	switch {
	case err != nil:
		list.Close()
		return nil, s.input.describe(err)
	case list.Records == 0:
		list.Close()
		return nil, command.NewUsageError(s.input.name+": contains no id", "a file with ids")
	}
	return list, nil
}

// shown returns the first ids of a list for a person to recognize it, without those that
// may be names or e-mail addresses: what a terminal shows may end up in a log.
func shown(list *survey.List) []string {
	return slices.DeleteFunc(slices.Clone(list.First), func(id string) bool { return !wire.MayRepeat(id) })
}

// read is a [survey.Source].
func (s *idSource) read(_ context.Context, yield func(survey.Record) error) error {
	for i, id := range s.args {
		if err := yield(survey.Record{Line: i + 1, ID: id}); err != nil {
			return err
		}
	}
	if s.args != nil {
		return nil
	}
	in, err := s.input.open()
	if err != nil {
		return err
	}
	list, err := idlist.NewReader(in, idlist.Options{Format: s.format})
	if err != nil {
		return err
	}
	for list.Scan() {
		r := list.Record()
		if err := yield(survey.Record{Line: r.Line, ID: r.ID, Err: r.Err}); err != nil {
			return err
		}
	}
	s.reading = list.Reading()
	return list.Err()
}
