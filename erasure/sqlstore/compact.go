package sqlstore

import (
	"context"
	"fmt"
)

// Compact removes what the engine keeps of deleted data, as far as it can.
//
// SQLite overwrites the copies of rows in the unused parts of pages, and truncates its
// write-ahead log; an open Store does both by itself soon after erasures. With full it also
// rewrites its file, which returns free pages to the disk, and needs as much memory and free
// space as the file takes. It fails if a writer has the lock, or readers use the log, for ten
// seconds.
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
		if _, err := scrub(ctx, s.writer, 0); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, busyTimeout)
		defer cancel()
		return s.cleaner.truncateNow(ctx)
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
