package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// ending turns the outcome of a run into an exit status and a message that says what to
// do next.
type ending struct {
	again   string // the command that continues the run
	to      *destination
	summary bulk.Summary
}

// withLost adds the error of lost output, such as a summary that could not be printed, to
// that of a run. [command.ExitNotFound], [exitFailed] and [exitStillThere] promise readable
// results, so lost output turns them into [command.ExitFailure]. An interruption keeps
// its status.
func withLost(lost, err error) error {
	var exit *command.ExitError
	if lost != nil && errors.As(err, &exit) && exit.Status != command.ExitInterrupted {
		return command.NewExitError(command.ExitFailure, lost.Error()+"\n"+exit.Message)
	}
	return errors.Join(lost, err)
}

// of returns the error of the run, nil if all ids were accepted.
func (e ending) of(runErr error) error {
	s := e.summary
	var sameOutcome *bulk.SameOutcomeError
	var changed *changedError
	switch {
	case errors.Is(runErr, context.Canceled):
		text := fmt.Sprintf("interrupted: %d not sent", s.NotSent)
		if s.Unsettled > 0 {
			text += fmt.Sprintf(", %d may have been erased", s.Unsettled)
		}
		return command.NewExitError(command.ExitInterrupted, text+e.goOn("Continue"))
	case errors.As(runErr, &sameOutcome):
		return command.NewExitError(exitFailed, runErr.Error()+". Stopped"+e.whySameOutcome(sameOutcome))
	case errors.Is(runErr, bulk.ErrTooManyFailures):
		return command.NewExitError(exitFailed, runErr.Error()+": stopped"+e.goOn("Continue, and try the failed ids again,"))
	case errors.As(runErr, &changed):
		return command.NewExitError(exitFailed, fmt.Sprintf("%v. Stopped: %d not sent\nTo go on with the list as it is now: %s", changed, s.NotSent, e.again))
	case errors.As(runErr, new(*bulk.WriteError)):
		return errors.New(e.journalFull(runErr))
	case runErr != nil:
		return runErr
	case s.Failed > 0 || s.Unsettled > 0:
		return command.NewExitError(exitFailed, e.toRetry())
	case s.UnlistedUnsettled > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d no longer in the list may have been erased", s.UnlistedUnsettled)+
			e.goOn("When they are back in the list, continue"))
	case s.Invalid > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid: correct them in the list", s.Invalid)+e.goOn("Then continue"))
	case s.NotFound > 0 || s.MaybeDeleted > 0:
		return command.NewExitError(command.ExitNotFound, fmt.Sprintf("%d not found, %d maybe deleted", s.NotFound, s.MaybeDeleted))
	}
	return nil
}

// goOn names the command that continues the run, on a line of its own.
func (e ending) goOn(what string, flags ...string) string {
	return "\n" + what + " with: " + strings.Join(append([]string{e.again}, flags...), " ")
}

// toRetry counts the ids that another run may settle.
func (e ending) toRetry() string {
	s := e.summary
	text := fmt.Sprintf("%d failed, %d invalid", s.Failed, s.Invalid)
	if s.Unsettled > 0 {
		text += fmt.Sprintf(", %d maybe deleted with an unknown outcome", s.Unsettled)
	}
	return text + e.goOn("Try again")
}

// journalFull says what a journal that cannot be written means, and how to go on.
func (e ending) journalFull(err error) string {
	text := err.Error() + ". Stopped: nothing was sent that is not recorded. "
	if errors.Is(err, syscall.ENOSPC) {
		return text + "Free some space" + e.goOn("Then continue")
	}
	return text + e.goOn("When it can be written again, continue")
}

// whySameOutcome suggests what is wrong when many ids have the same outcome, and which
// journal the next run can use: a journal belongs to one account and environment.
func (e ending) whySameOutcome(same *bulk.SameOutcomeError) string {
	const (
		preventable  = "; --keep-going prevents that. "
		otherJournal = " Another account or environment needs another --journal"
	)
	hint := sentence(e.to.hint(same.Result.Outcome, same.Result.Status, same.Result.Code))
	switch status := same.Result.Status; {
	case same.Waited > 0:
		return ". " + hint + e.goOn("Continue later")
	case status == http.StatusBadRequest:
		return preventable + "Wrong account or environment, or ids that are not Yuno's?" + otherJournal + e.goOn("If all is right, continue", "--keep-going")
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return preventable + "Wrong keys, account or environment?" + otherJournal + e.goOn("With other keys of the same account, continue")
	}
	return preventable + hint + " Another base URL needs another --journal" + e.goOn("If it is right, continue later")
}
