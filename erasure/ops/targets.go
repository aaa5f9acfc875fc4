package ops

import (
	"context"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// batch is the number of targets that are changed in one transaction.
const batch = 200

// EachNeedingAttention calls change with batches of the targets that need a person and match
// a filter. It returns how many were changed, also if change fails.
func EachNeedingAttention(ctx context.Context, store *sqlstore.Store, f erasure.TargetFilter, change func(ids []string) error) (changed int, err error) {
	for last := ""; ; {
		ids, err := store.NeedingAttention(ctx, f, last, batch)
		if err == nil && len(ids) > 0 {
			err = change(ids)
		}
		if err != nil || len(ids) == 0 {
			return changed, err
		}
		changed, last = changed+len(ids), ids[len(ids)-1]
	}
}

// Selection returns what a filter selects, for the record of an action; "" if it selects
// nothing in particular.
func Selection(f erasure.TargetFilter) string {
	return strings.TrimSpace(f.Provider + " " + f.Reason)
}
