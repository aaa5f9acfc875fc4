package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// The final message says what to do next, with the command that continues if there is
// anything to continue.
func TestEnding(t *testing.T) {
	t.Parallel()
	sameOutcome := func(r bulk.Result) error { return &bulk.SameOutcomeError{Result: r} }
	for _, c := range []struct {
		name    string
		summary bulk.Summary
		err     error
		code    int
		want    string
		resume  bool
	}{
		{"AllAccepted", bulk.Summary{Accepted: 3, Duplicates: 1}, nil, command.ExitOK, "", false},
		{"NotFound", bulk.Summary{NotFound: 2, MaybeDeleted: 1}, nil, command.ExitNotFound, "2 not found, 1 maybe deleted", false},
		{"Unsettled", bulk.Summary{MaybeDeleted: 3, Unsettled: 2}, nil, exitFailed, "0 failed, 0 invalid, 2 maybe deleted with an unknown outcome", true},
		{"UnsettledAndInvalid", bulk.Summary{Invalid: 1, MaybeDeleted: 1, Unsettled: 1}, nil, exitFailed, "1 invalid, 1 maybe deleted with an unknown outcome", true},
		{"Failed", bulk.Summary{Failed: 2}, nil, exitFailed, "2 failed, 0 invalid", true},
		{"Invalid", bulk.Summary{Accepted: 1, Invalid: 2}, nil, exitFailed, "2 invalid: correct them in the list\nThen continue with: AGAIN", true},
		{"UnlistedUnsettled", bulk.Summary{Accepted: 1, Unlisted: 2, UnlistedUnsettled: 1}, nil, exitFailed,
			"1 no longer in the list may have been erased\nWhen they are back in the list, continue with: AGAIN", true},
		{"Interrupted", bulk.Summary{NotSent: 5, Unsettled: 1}, context.Canceled, command.ExitInterrupted, "5 not sent, 1 may have been erased", true},
		{"TooManyFailures", bulk.Summary{Failed: 6}, fmt.Errorf("%w: 6", bulk.ErrTooManyFailures), exitFailed, "too many failures: 6: stopped", true},
		{"WrongKeys", bulk.Summary{Failed: 20}, sameOutcome(bulk.Result{Outcome: bulk.Failed, Status: 401, Code: "INVALID_CREDENTIALS"}), exitFailed,
			"Another account or environment needs another --journal\nWith other keys of the same account, continue with: AGAIN", true},
		{"WrongAccount", bulk.Summary{NotFound: 20}, sameOutcome(bulk.Result{Outcome: bulk.NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}), exitFailed,
			"Another account or environment needs another --journal\nIf all is right, continue with: AGAIN --keep-going", true},
		{"Unreachable", bulk.Summary{Failed: 20}, sameOutcome(bulk.Result{Outcome: bulk.Failed, Code: "no_such_host"}), exitFailed,
			"There is no host of the name in http://yuno/v1: correct the base URL. Another base URL needs another --journal\nIf it is right, continue later with: AGAIN", true},
		{"Away", bulk.Summary{Failed: 20}, &bulk.SameOutcomeError{Result: bulk.Result{Outcome: bulk.Failed, Code: "connection_refused"}, Waited: 15 * time.Minute}, exitFailed,
			"gave up after 15m0s: failed, connection_refused. Stopped. Nothing listens at http://yuno/v1: is the base URL right, and the service up?\nContinue later with: AGAIN", true},
		{"Rewritten", bulk.Summary{Accepted: 1, NotSent: 2}, &changedError{"ids.txt", "was rewritten after it was checked"}, exitFailed,
			"ids.txt was rewritten after it was checked. Stopped: 2 not sent\nTo go on with the list as it is now: AGAIN", true},
		{"DiskFull", bulk.Summary{Accepted: 1, NotSent: 2}, &bulk.WriteError{Path: "j", Err: syscall.ENOSPC}, command.ExitFailure,
			"writing the journal j: no space left on device. Stopped: nothing was sent that is not recorded. Free some space\nThen continue with: AGAIN", true},
		{"JournalLost", bulk.Summary{Accepted: 1, NotSent: 2}, &bulk.WriteError{Path: "j", Err: syscall.EIO}, command.ExitFailure,
			"When it can be written again, continue with: AGAIN", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := ending{"AGAIN", &destination{baseURL: "http://yuno/v1"}, c.summary}.of(c.err)
			code, text := command.ExitOK, ""
			var exit *command.ExitError
			if errors.As(err, &exit) {
				code, text = exit.Status, exit.Message
			} else if err != nil {
				code, text = command.ExitFailure, err.Error()
			}
			if code != c.code || !strings.Contains(text, c.want) || strings.Contains(text, "AGAIN") != c.resume {
				t.Errorf("exit status %d, %s", code, text)
			}
		})
	}
	t.Run("AnythingElse", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("writing the journal: disk full")
		if err := (ending{"", &destination{}, bulk.Summary{Failed: 1}}).of(broken); err != broken {
			t.Errorf("got %v", err)
		}
	})
}
