package sqlstore

import (
	"context"
	"fmt"
)

// Compact implements [erasure.Store]. With full, SQLite rewrites its file too,
// which gives free pages back to the disk; they hold zeros already. PostgreSQL's
// VACUUM FULL rewrites the tables that held ciphertext or keys, and locks each of
// them meanwhile. Neither reaches backups, replicas' files or PostgreSQL's log.
func (s *Store) Compact(ctx context.Context, full bool) error {
	if err := s.compact(ctx, full); err != nil {
		return fmt.Errorf("compact: %w", explain(err))
	}
	return nil
}

func (s *Store) compact(ctx context.Context, full bool) error {
	if s.engine == SQLite {
		if full {
			if _, err := s.writer.ExecContext(ctx, `VACUUM`); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, busyTimeout)
		defer cancel()
		return s.truncator.truncateNow(ctx)
	}
	vacuum := `VACUUM `
	if full {
		vacuum = `VACUUM FULL `
	}
	for _, table := range []string{"customers", "targets", "key_checks"} {
		if _, err := s.writer.ExecContext(ctx, vacuum+table); err != nil {
			return err
		}
	}
	return nil
}
