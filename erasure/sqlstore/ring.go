package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// adoptRing leaves the mark of the current master key in a database that has sealed
// nothing yet, and in any other checks that the ring opens the mark that is there.
func (s *Store) adoptRing(ctx context.Context) error {
	_, wrapped := s.ring.NewKey(checkKey())
	// Two programs may do this at once; the second keeps what the first wrote.
	_, err := s.writer.ExecContext(ctx,
		`INSERT INTO key_checks (id, key) SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM key_checks)
			AND NOT EXISTS (SELECT 1 FROM customers WHERE key IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM targets WHERE key IS NOT NULL)
		ON CONFLICT (id) DO NOTHING`, wrapped)
	if err != nil {
		return err
	}
	return s.checkRing(ctx, s.reader, "")
}

// checkRing asks whether the ring opens the mark. Asked in a transaction that holds
// the mark with lock, it has taken up a rotation, which moves the mark first: what
// the transaction seals is sealed under the new key.
func (s *Store) checkRing(ctx context.Context, db querier, lock string) error {
	var wrapped []byte
	err := db.QueryRowContext(ctx, `SELECT key FROM key_checks WHERE id = 1`+lock).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("the mark of the master key is gone from table key_checks")
	}
	if err != nil {
		return err
	}
	_, err = s.ring.OpenKey(wrapped, checkKey())
	var unknown *seal.UnknownKeyError
	if errors.As(err, &unknown) {
		return fmt.Errorf("wrong master key: this database is sealed under %s, and the key ring holds %v. Bring the key that the database was created with; after a rotation, the new key file",
			unknown.ID, s.ring.IDs())
	}
	return err
}

// ReloadKeys takes up what the key file holds now, and reports whether that is
// something new; see [seal.Ring.Reload]. Servers call it every few seconds, so that
// after a rotation none goes on wrapping under the old key.
func (s *Store) ReloadKeys() (changed bool, err error) { return s.ring.Reload() }
