package bulkdelete

import (
	"cmp"
	"context"
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// dryRunByMerchantID prints what a run by merchant ids would do, and whom it would find if
// they were looked up.
func (d *deletion) dryRunByMerchantID(ctx context.Context) error {
	facts := map[string]any{
		"account_code": d.to.account, "base_url": d.to.baseURL, "environment": cmp.Or(d.to.environment, "other"),
		"merchant_ids": d.look.list.ToAsk(), "first_ids": shown(d.look.list),
		"duplicates": d.look.list.Duplicates, "invalid": d.look.list.Invalid, "sent": 0,
		"read_as": d.look.ids.reading.String(), "reading": d.look.ids.reading,
	}
	text, err := d.wouldLookUp(), error(nil)
	if d.LookUp {
		text, err = d.wouldErase(ctx, facts)
	}
	if err != nil {
		return err
	}
	if d.JSON {
		err = command.PrintJSONWithList(d.stdout, facts, "invalid_lines", func(yield func(any) error) error {
			return d.look.invalid(ctx, func(r survey.Record) error { return yield(invalidLine{r.Line, r.Err.Error()}) })
		})
	} else {
		_, err = fmt.Fprintln(d.stdout, text)
	}
	if err != nil {
		return fmt.Errorf("printing the dry run: %w", err)
	}
	return d.dryRunEnding()
}

func (d *deletion) wouldLookUp() string {
	return fmt.Sprintf("Would look up %s of account %s at %s, and then ask before it erases who is found.\n%sNothing was sent. With --look-up, they are looked up, and nobody is erased.",
		command.Count(d.look.list.ToAsk(), "merchant id", "merchant ids"), d.to.account, d.to.baseURL, d.describeList())
}

// wouldErase describes whom a run would erase, and adds the facts.
func (d *deletion) wouldErase(ctx context.Context, facts map[string]any) (string, error) {
	plan, err := bulk.DryRun(ctx, d.list, d.options())
	if err != nil {
		return "", journalError(err)
	}
	c := d.look.survey.Counts()
	facts["look_up"] = map[string]any{
		"found": c[survey.Found], "not_found": c[survey.NotFound], "ambiguous": c[survey.Ambiguous], "unknown": c[survey.Unknown],
		"same_customer": d.list.Duplicates, "record": d.look.path,
	}
	facts["to_erase"], facts["done"], facts["changes"] = plan.Remaining, d.list.ToErase()-plan.Remaining, plan.Changes
	text := fmt.Sprintf("%s\n%sWould erase %s.\n%sNobody was erased.", d.look.text(d.list), changesText(plan.Changes), d.subject(plan.Remaining), d.describeList())
	if d.own == nil {
		text += fmt.Sprintf(" The look-ups are recorded in %s, and are good for %d hours.", d.look.path, int(maxLookUpAge.Hours()))
	}
	return text, nil
}

// dryRunEnding returns the error of a run that would erase whom the look-ups have found.
func (d *deletion) dryRunEnding() error {
	unresolved, unknown := 0, 0
	if d.look.survey != nil {
		c := d.look.survey.Counts()
		unresolved, unknown = c[survey.Ambiguous]+c[survey.Unknown], c[survey.NotFound]
	}
	switch {
	case d.look.list.Invalid > 0 || unresolved > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid, %d ambiguous or not looked up", d.look.list.Invalid, unresolved))
	case unknown > 0:
		return command.NewExitError(command.ExitNotFound, fmt.Sprintf("%d unknown", unknown))
	}
	return nil
}
