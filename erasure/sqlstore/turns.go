package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// TakeTurns takes turns at a connection. Time is that of the database's clock, so the
// clocks of processes may differ.
func (s *Store) TakeTurns(ctx context.Context, r erasure.TurnRequest) (turns erasure.Turns, err error) {
	if !storable(r.Connection) || r.N < 1 || r.Burst < 1 || r.Every < time.Microsecond || r.Horizon < 0 {
		return turns, fmt.Errorf("take turns: want at least one turn, a burst of at least one, a microsecond or more between turns and a horizon of 0 or more: got %d, %d, %v, %v",
			r.N, r.Burst, r.Every, r.Horizon)
	}
	err = s.writeTogether(ctx, func(ctx context.Context, tx *sql.Tx) error {
		next, now, err := s.lockTurns(ctx, tx, r.Connection)
		if err != nil {
			return err
		}
		turns, next = takeTurns(r, next, now)
		if turns.N == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE turns SET next_at = $2 WHERE connection = $1`, r.Connection, next)
		return err
	})
	if err != nil {
		return erasure.Turns{}, fmt.Errorf("take turns: %w", explain(err))
	}
	return turns, nil
}

// lockTurns locks the row of a connection, and returns when its first turn is that nobody
// has, and the present time, in microseconds. A missing row is added.
func (s *Store) lockTurns(ctx context.Context, tx *sql.Tx, connection string) (next, now int64, err error) {
	query := `SELECT next_at, ` + s.engine.microseconds() + ` FROM turns WHERE connection = $1` + s.engine.forUpdate("turns")
	err = tx.QueryRowContext(ctx, query, connection).Scan(&next, &now)
	if !errors.Is(err, sql.ErrNoRows) {
		return next, now, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO turns (connection, next_at) VALUES ($1, 0) ON CONFLICT DO NOTHING`, connection); err != nil {
		return 0, 0, err
	}
	err = tx.QueryRowContext(ctx, query, connection).Scan(&next, &now)
	return next, now, err
}

// takeTurns returns the turns of a request, and the first turn after them. next is the
// first turn that nobody has.
func takeTurns(r erasure.TurnRequest, next, now int64) (erasure.Turns, int64) {
	every, horizon := r.Every.Microseconds(), r.Horizon.Microseconds()
	earliest := now - int64(r.Burst-1)*every
	if next > now+horizon+every {
		next = now // no turn is so far ahead, unless the clock was set back or the limit raised
	}
	next = max(next, earliest)
	if next > now+horizon {
		return erasure.Turns{}, next
	}
	n := min(int64(r.N), (now+horizon-next)/every+1)
	return erasure.Turns{In: time.Duration(next-now) * time.Microsecond, N: int(n)}, next + n*every
}
