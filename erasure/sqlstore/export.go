package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Export calls yield for each erasure that was accepted or changed at or after a time, in
// the order of acceptance, with its targets. All are of one snapshot. Change.N counts
// them from 1. It stops at the first error of yield and returns that.
func (s *Store) Export(ctx context.Context, since time.Time, yield func(erasure.Change) error) error {
	from := int64(0)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	n := int64(0)
	err := s.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+changeColumns+`
			FROM erasures LEFT JOIN targets ON targets.erasure_id = erasures.id
			WHERE accepted_at >= $1 OR EXISTS (SELECT 1 FROM targets AS t WHERE t.erasure_id = erasures.id AND t.updated_at >= $1)
			ORDER BY erasures.id, provider`, from)
		return eachChange(rows, err, func(c erasure.Change) error {
			n++
			c.N = n
			return yield(c)
		})
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
