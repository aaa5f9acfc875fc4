package bulkdelete

import (
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

func TestChangesText(t *testing.T) {
	t.Parallel()
	const start = "The list has changed since the run started: "
	for want, c := range map[string]bulk.Changes{
		"":                                {},
		start + "its ids are the same.\n": {Changed: true},
		start + "12 new.\n":               {Changed: true, Added: 12},
		start + "0 new, 3 no longer in the list.\n":                       {Changed: true, Removed: 3},
		start + "12 new, 3 no longer in the list (1 of them not sent).\n": {Changed: true, Added: 12, Removed: 3, RemovedUnsent: 1},
	} {
		if got := changesText(c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

// The journal of ids from the command line is the only record of what is not final.
func TestIsFinal(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]bulk.Summary{
		"Failed": {Failed: 1}, "Unsettled": {MaybeDeleted: 1, Unsettled: 1}, "Unlisted": {Unlisted: 1, UnlistedUnsettled: 1},
		"Invalid": {Invalid: 1}, "NotSent": {NotSent: 1},
	} {
		if isFinal(s) {
			t.Errorf("%s is final", name)
		}
	}
	if !isFinal(bulk.Summary{Accepted: 1, NotFound: 1, MaybeDeleted: 1, Unlisted: 1, Duplicates: 1}) {
		t.Error("what is gone is not final")
	}
}
