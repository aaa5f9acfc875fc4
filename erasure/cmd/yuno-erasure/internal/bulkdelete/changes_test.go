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
