package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// HasLeader reports whether a process leads the queue. Without a leader, the queue
// starts no job that was postponed. A new leader is elected within fifteen seconds of
// a crash.
func HasLeader(ctx context.Context, db Database) (bool, error) {
	var expires time.Time
	err := db.DB().QueryRowContext(ctx, "SELECT expires_at FROM river_leader ORDER BY expires_at DESC LIMIT 1").Scan(&expires)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && expires.After(time.Now()), err
}
