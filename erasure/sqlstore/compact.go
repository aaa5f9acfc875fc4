package sqlstore

import (
	"context"
	"fmt"
)

// Compact removes what the engine keeps of deleted data, as far as it can.
//
// SQLite truncates its write-ahead log. With full it also rewrites its file. That returns
// free pages to the disk, which contain zeros already, and removes the copies of rows that
// SQLite may leave in the unused part of a page that it rebuilds: secure_delete does not
// overwrite those. It fails if readers keep the log in use for ten seconds.
//
// PostgreSQL runs VACUUM on the tables that contain ciphertext or keys. With full it
// runs VACUUM FULL, which rewrites each of these tables and locks it meanwhile.
//
// Neither reaches backups, the files of replicas or PostgreSQL's log.
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
