package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// ending turns the outcome of a run into an exit status and a message that says what to
// do next.
type ending struct {
	input   *input
	to      *destination
	summary bulk.Summary
}

// withLost returns the error of the run and of its lost output, such as a summary that
// could not be printed. [command.ExitNotFound] and [exitFailed] promise readable
// results, so lost output turns them into [command.ExitFailure]. An interruption keeps
// its status.
func (e ending) withLost(lost, runErr error) error {
	err := e.of(runErr)
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
		return command.NewExitError(command.ExitInterrupted, text+e.ifResumable("; the same with --resume continues"))
	case errors.As(runErr, &sameOutcome):
		return command.NewExitError(exitFailed, runErr.Error()+". Stopped; --keep-going prevents that. "+e.whySameOutcome(sameOutcome.Result))
	case errors.Is(runErr, bulk.ErrTooManyFailures):
		return command.NewExitError(exitFailed, runErr.Error()+": stopped"+e.ifResumable("; the same with --resume continues, and retries the failed ids"))
	case errors.As(runErr, &changed):
		return command.NewExitError(exitFailed, fmt.Sprintf("%v. Stopped: %d not sent. To go on with the list as it is now: %s", changed, s.NotSent, e.input.resume))
	case errors.As(runErr, new(*bulk.WriteError)):
		return errors.New(e.journalFull(runErr))
	case runErr != nil:
		return runErr
	case s.Failed > 0 || s.Unsettled > 0:
		return command.NewExitError(exitFailed, e.toRetry())
	case s.UnlistedUnsettled > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d no longer in the list may have been erased", s.UnlistedUnsettled)+
			e.ifResumable("; back in the list, the same with --resume sends them again"))
	case s.Invalid > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid", s.Invalid)+
			e.ifResumable(": correct them in the list; the same with --resume erases them"))
	case s.NotFound > 0 || s.MaybeDeleted > 0:
		return command.NewExitError(command.ExitNotFound, fmt.Sprintf("%d not found, %d maybe deleted", s.NotFound, s.MaybeDeleted))
	}
	return nil
}

// toRetry counts the ids that another run may settle.
func (e ending) toRetry() string {
	s := e.summary
	text := fmt.Sprintf("%d failed, %d invalid", s.Failed, s.Invalid)
	retry := e.ifResumable("; the same with --resume tries again")
	if s.Unsettled > 0 {
		text += fmt.Sprintf(", %d maybe deleted with an unknown outcome", s.Unsettled)
		if !e.input.resumable {
			retry += "; send the id again: if it is not found then, the customer is gone"
		}
	}
	return text + retry
}

// journalFull says what a journal that cannot be written means, and how to go on.
func (e ending) journalFull(err error) string {
	text := err.Error() + ". Stopped: nothing was sent that is not recorded"
	if errors.Is(err, syscall.ENOSPC) {
		return text + e.ifResumable(". Free some space; then the same with --resume goes on")
	}
	return text + e.ifResumable(". When it can be written again, the same with --resume goes on")
}

// whySameOutcome suggests what is wrong when many ids have the same outcome, and which
// journal the next run can use: a journal belongs to one account and environment.
func (e ending) whySameOutcome(r bulk.Result) string {
	switch {
	case r.Status == 400 && r.Outcome == bulk.NotFound:
		return "Wrong account or environment, or ids that are not Yuno's?" +
			e.ifResumable(" Another account or environment needs another --journal; if all is right, the same with --resume --keep-going continues")
	case r.Status == 400, r.Status == 401, r.Status == 403:
		return "Wrong keys, account or environment?" +
			e.ifResumable(" With other keys the same with --resume continues; another account or environment needs another --journal")
	case r.Status == 404 && e.to.lacksVersion():
		return "Does the base URL " + e.to.baseURL + " lack /v1?" + e.ifResumable(" Another base URL needs another --journal")
	}
	return "Is " + e.to.baseURL + " the right base URL, and the service up?" +
		e.ifResumable(" If so, the same with --resume continues later; another base URL needs another --journal")
}

// ifResumable returns the hint if there is a journal to resume, else "".
func (e ending) ifResumable(hint string) string {
	if !e.input.resumable {
		return ""
	}
	return hint
}
