package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
)

// ShareSlots divides the slots of connections evenly among the processes that ask for
// some, and returns those of this one, by connection. It has them until it asks again. It
// gets no more than the others have left, so they must ask before it gets its share of a
// connection that they had for themselves. There may be more processes than slots: then
// some have none.
//
// On SQLite, where one process works at a time, it gets all of them at once.
func (s *Store) ShareSlots(ctx context.Context, r erasure.SlotRequest) (slots map[string]int, err error) {
	if err := checkSlotRequest(r); err != nil {
		return nil, fmt.Errorf("share slots: %w", err)
	}
	uses := slices.SortedFunc(slices.Values(r.Connections), func(a, b erasure.SlotUse) int { return strings.Compare(a.Connection, b.Connection) })
	err = s.write(ctx, func(tx *sql.Tx) error {
		now, err := s.lockSlots(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.forgetSlots(ctx, tx, r, now); err != nil {
			return err
		}
		holders, err := slotHolders(ctx, tx)
		if err != nil {
			return err
		}
		slots = make(map[string]int, len(uses))
		for batch := range slices.Chunk(uses, moveBatch) {
			var args []any
			for _, use := range batch {
				n := slotsOf(r.Process, use, holders[use.Connection])
				slots[use.Connection] = n
				args = append(args, use.Connection, r.Process, max(n, use.Held), now)
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO slots (connection, process, held, seen_at) VALUES `+tuples(len(batch), 4)+
				` ON CONFLICT (connection, process) DO UPDATE SET held = excluded.held, seen_at = excluded.seen_at`, args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("share slots: %w", s.explainHeartbeat(err))
	}
	return slots, nil
}

// LeaveSlots gives the slots of a process to the others.
func (s *Store) LeaveSlots(ctx context.Context, process string) error {
	if !storable(process) {
		return nil
	}
	_, err := s.writer.ExecContext(ctx, `DELETE FROM slots WHERE process = $1`, process)
	if err != nil {
		return fmt.Errorf("leave slots: %w", explain(err))
	}
	return nil
}

func checkSlotRequest(r erasure.SlotRequest) error {
	if r.Process == "" || !storable(r.Process) || r.HeartbeatTimeout <= 0 {
		return errors.New("want the id of a process and a positive heartbeat timeout")
	}
	for _, use := range r.Connections {
		if !storable(use.Connection) || use.Concurrency < 1 || use.Held < 0 {
			return fmt.Errorf("want a concurrency of at least 1 and 0 or more slots held: got %d, %d", use.Concurrency, use.Held)
		}
	}
	return nil
}

// slotsLock is the arbitrary number of PostgreSQL's advisory lock on the table slots.
const slotsLock = "2037741164"

// lockSlots keeps other processes from the slots until the transaction ends, and returns
// the present time of the database's clock. The slots have to be read by a later
// statement.
func (s *Store) lockSlots(ctx context.Context, tx *sql.Tx) (now int64, err error) {
	if s.engine == PostgreSQL {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(`+slotsLock+`)`); err != nil {
			return 0, err
		}
	}
	err = tx.QueryRowContext(ctx, `SELECT `+s.engine.microseconds()).Scan(&now)
	return now, err
}

// forgetSlots takes the slots of processes that are silent. On SQLite no other process
// works.
func (s *Store) forgetSlots(ctx context.Context, tx *sql.Tx, r erasure.SlotRequest, now int64) error {
	silentSince := now - r.HeartbeatTimeout.Microseconds()
	if s.engine == SQLite {
		silentSince = math.MaxInt64
	}
	// After the clock was set back, a process that is gone would keep its slots for long.
	ahead := now + r.HeartbeatTimeout.Microseconds()
	_, err := tx.ExecContext(ctx, `DELETE FROM slots WHERE process <> $1 AND (seen_at <= $2 OR seen_at > $3)`, r.Process, silentSince, ahead)
	return err
}

// slotHolder is a process with its slots of one connection.
type slotHolder struct {
	process string
	held    int
}

// slotHolders returns the processes that work on each connection.
func slotHolders(ctx context.Context, tx *sql.Tx) (map[string][]slotHolder, error) {
	holders := map[string][]slotHolder{}
	rows, err := tx.QueryContext(ctx, `SELECT connection, process, held FROM slots`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var connection string
		var h slotHolder
		err := rows.Scan(&connection, &h.process, &h.held)
		holders[connection] = append(holders[connection], h)
		return err
	})
	return holders, err
}

// slotsOf returns the slots of a process: its share, as far as the others have left it.
// The first processes, by id, get what the division leaves.
func slotsOf(process string, use erasure.SlotUse, holders []slotHolder) int {
	processes, before, held := 1, 0, 0
	for _, h := range holders {
		if h.process == process {
			continue
		}
		processes++
		held += h.held
		if h.process < process {
			before++
		}
	}
	share := use.Concurrency / processes
	if before < use.Concurrency%processes {
		share++
	}
	return min(share, max(use.Concurrency-held, 0))
}
