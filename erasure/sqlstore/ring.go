package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// adoptRing writes the mark of the current master key into a database that contains no
// sealed data. In any other it checks that the ring opens the existing mark.
func (s *Store) adoptRing(ctx context.Context) error {
	_, wrapped := s.ring.NewKey(checkKey())
	// If two processes do this at once, the mark of the first stays.
	_, err := s.writer.ExecContext(ctx,
		`INSERT INTO key_checks (id, key) SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM key_checks)
			AND NOT EXISTS (SELECT 1 FROM customers WHERE key IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM targets WHERE key IS NOT NULL)
		ON CONFLICT (id) DO NOTHING`, wrapped)
	if err != nil {
		return err
	}
	return s.checkRing(ctx, s.reader, "")
}

// checkRing returns an error unless the ring opens the mark. A rotation rewraps the
// mark first. A transaction that locks the mark with this check therefore seals its
// data under a key that no earlier rotation has replaced.
func (s *Store) checkRing(ctx context.Context, db querier, lock string) error {
	var wrapped []byte
	err := db.QueryRowContext(ctx, `SELECT key FROM key_checks WHERE id = 1`+lock).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("the mark of the master key is missing in table key_checks")
	}
	if err != nil {
		return err
	}
	_, err = s.ring.OpenKey(wrapped, checkKey())
	var unknown *seal.UnknownKeyError
	if errors.As(err, &unknown) {
		return fmt.Errorf("wrong master key: this database is sealed under %s, and the key given is %s. Use the key that the database was created with; after a rotation, the new key file",
			unknown.ID, strings.Trim(fmt.Sprint(s.ring.IDs()), "[]"))
	}
	return err
}

// ReloadKeys loads the key file again, and reports whether its keys have changed; see
// [seal.Ring.Reload]. Servers call it every few seconds, so that after a rotation none
// still wraps under the old key.
func (s *Store) ReloadKeys() (changed bool, err error) { return s.ring.Reload() }
