package bulkdelete

import (
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// verified counts the customers of a verification.
type verified struct {
	Gone       int `json:"gone"`
	Anonymised int `json:"anonymised"`
	StillThere int `json:"still_there"`
	Unknown    int `json:"unknown"`
	Invalid    int `json:"invalid"`
	Duplicates int `json:"duplicates"`
	NotAsked   int `json:"not_asked"`  // because the run stopped
	TooYoung   int `json:"too_young"`  // for --after
	NotErased  int `json:"not_erased"` // by the journal
}

func (v *verification) counts() verified {
	by := v.survey.Counts()
	c := verified{
		Gone: by[survey.Gone], Anonymised: by[survey.Anonymised], StillThere: by[survey.StillThere], Unknown: by[survey.Unknown],
		Invalid: v.list.Invalid, Duplicates: v.list.Duplicates, TooYoung: v.erased.tooYoung, NotErased: v.erased.notErased,
	}
	c.NotAsked = v.list.ToAsk() - c.Gone - c.Anonymised - c.StillThere - c.Unknown
	return c
}

// printSummary prints the counts.
func (v *verification) printSummary(c verified) error {
	var err error
	if v.JSON {
		err = command.PrintJSON(v.stdout, c)
	} else {
		_, err = fmt.Fprintln(v.stdout, c.text())
	}
	if err != nil {
		return fmt.Errorf("printing the summary: %w", err)
	}
	return nil
}

func (c verified) text() string {
	text := fmt.Sprintf("%d gone, %d anonymised, %d still there, %d unknown", c.Gone, c.Anonymised, c.StillThere, c.Unknown)
	for _, rest := range []struct {
		n    int
		text string
	}{
		{c.Invalid, "%d invalid"},
		{c.Duplicates, "%d listed again"},
		{c.NotAsked, "%d not asked about"},
		{c.TooYoung, "%d too young"},
		{c.NotErased, "%d not erased by the journal"},
	} {
		if rest.n > 0 {
			text += ", " + fmt.Sprintf(rest.text, rest.n)
		}
	}
	return text
}
