package bulkdelete

import (
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// changesText says how the list differs from the one of the run that is resumed, in a line
// of its own, or nothing if it does not.
func changesText(c bulk.Changes) string {
	if !c.Changed {
		return ""
	}
	text := "The list has changed since the run started: "
	switch {
	case c.Added == 0 && c.Removed == 0:
		return text + "its ids are the same.\n"
	case c.Removed == 0:
		return text + fmt.Sprintf("%d new.\n", c.Added)
	}
	text += fmt.Sprintf("%d new, %d no longer in the list", c.Added, c.Removed)
	if c.RemovedUnsent > 0 {
		text += fmt.Sprintf(" (%d of them not sent)", c.RemovedUnsent)
	}
	return text + ".\n"
}
