package bulkdelete

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// confirmAbove is how many customers are erased without confirmation, outside of
// production.
const confirmAbove = 10

// confirm prints what is about to be erased. It asks for confirmation where a mistake
// would be large (in production, for more than confirmAbove customers, or for customers
// that the list of the run that is resumed did not have) and where one is likely, because
// the list is doubtful.
func (d *deletion) confirm(ctx context.Context) error {
	n, added, changed := d.job.Remaining(), d.job.Changes().Added, changesText(d.job.Changes())
	if d.look != nil {
		changed = d.look.text(d.list) + "\n" + changed
	}
	if n == 0 {
		fmt.Fprintln(d.stderr, changed+"Nothing left to send.")
		return nil
	}
	about := changed + fmt.Sprintf("Erasing %s.\n%s", d.subject(n), d.describeList())
	fmt.Fprint(d.stderr, about)
	found, doubtful := doubts(d.list)
	doubtful = doubtful && d.File != "" // an id that was typed is meant
	if d.Yes || !d.to.careful && n <= confirmAbove && added == 0 && !doubtful {
		return nil
	}
	question := command.Confirmation{
		About: about, Question: "This cannot be undone. Type the number of customers to continue: ",
		Want: strconv.Itoa(n), Otherwise: "nothing was sent",
	}
	if doubtful {
		question.Why = strings.Join(found, ", ")
	}
	return question.Ask(ctx, d.stdin, d.stderr)
}

// subject describes n customers to be erased, and where.
func (d *deletion) subject(n int) string {
	text := command.Count(n, "customer", "customers")
	if total := d.list.ToErase(); total != n {
		text += fmt.Sprintf(" (of %d; the others are done)", total)
	}
	return fmt.Sprintf("%s of account %s %s", text, d.to.account, d.to.whereErased())
}

// dryRun prints what a run would do.
func (d *deletion) dryRun(ctx context.Context) error {
	if d.look != nil {
		return d.dryRunByMerchantID(ctx)
	}
	plan, err := bulk.DryRun(ctx, d.list, d.options())
	if err != nil {
		return journalError(err)
	}
	text := fmt.Sprintf("%sWould erase %s.\n%sNothing was sent.", changesText(plan.Changes), d.subject(plan.Remaining), d.describeList())
	if d.list.Duplicates > 0 {
		text += fmt.Sprintf("\nDuplicates to skip: %d.", d.list.Duplicates)
	}
	text += "\n" + d.checkCommand() + " tries the keys without deleting anybody."
	if d.JSON {
		err = command.PrintJSONWithList(d.stdout, d.dryRunFacts(plan), "invalid_lines", func(yield func(any) error) error {
			return d.list.EachInvalid(ctx, func(r bulk.Record) error { return yield(invalidLine{r.Line, r.Err.Error()}) })
		})
	} else {
		_, err = fmt.Fprintln(d.stdout, text)
	}
	if command.UnlessUnread(err) != nil {
		return fmt.Errorf("printing the dry run: %w", err)
	}
	if d.list.Invalid > 0 {
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid", d.list.Invalid))
	}
	return nil
}

func (d *deletion) dryRunFacts(plan bulk.Plan) map[string]any {
	return map[string]any{
		"account_code": d.to.account, "base_url": d.to.baseURL, "environment": cmp.Or(d.to.environment, "other"),
		"to_erase": plan.Remaining, "done": d.list.ToErase() - plan.Remaining, "changes": plan.Changes, "first_ids": d.list.First,
		"duplicates": d.list.Duplicates, "invalid": d.list.Invalid, "unlike_yunos": d.list.Unlike, "sent": 0,
		"read_as": d.list.Reading.String(), "reading": d.list.Reading,
	}
}

// invalidLine is a line of the list without a valid id, in JSON.
type invalidLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}
