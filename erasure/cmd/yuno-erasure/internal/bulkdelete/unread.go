package bulkdelete

import (
	"errors"
	"syscall"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// whyUnread suggests what is wrong if retrievals fail in this way.
func (d *destination) whyUnread(r survey.Result) string {
	if r.Code == codeUnexpected {
		return "Something other than Yuno seems to respond: is " + d.baseURL + " the right base URL, and no proxy in between?"
	}
	return sentence(d.hint(bulk.Failed, r.Status, r.Code))
}

// noReads says that the service retrieves nobody.
func (d *destination) noReads() string {
	return "the service at " + d.baseURL + " does not retrieve customers (yuno-erasure serve does not either), so this cannot be asked there"
}

// unrecorded says that results could not be recorded, and how to go on.
func unrecorded(err error, goOn string) error {
	text := err.Error() + ": stopped"
	if errors.Is(err, syscall.ENOSPC) {
		text += ". Free some space"
	}
	return errors.New(text + goOn)
}
