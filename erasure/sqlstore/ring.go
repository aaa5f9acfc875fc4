package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// The newest master key is the one that the mark in key_checks is wrapped under. Everything
// is sealed under it, by every process, whichever key comes first in the process's own copy
// of the keys. A transaction that seals shares a lock, and a rotation waits for it: see
// Engine.shareMark. Once a rotation has rewrapped all rows, nothing is left under an older
// key, and nothing is sealed under one again.

const markQuery = `SELECT key FROM key_checks WHERE id = 1`

// adoptRing writes the mark of the current master key into a database that contains no
// sealed data. In any other it checks that the ring opens the existing mark. It records
// the ring's keys.
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
	newest, err := s.checkMark(ctx)
	if err != nil {
		return err
	}
	return s.recordKeys(ctx, newest)
}

// recordKeys records the keys of the ring, so that data under one of them is never taken
// for altered by a process that lacks the key.
func (s *Store) recordKeys(ctx context.Context, newest seal.KeyID) error {
	known, err := s.masterKeys(ctx, s.reader)
	if err != nil {
		return err
	}
	for _, id := range s.ring.IDs() {
		i := slices.IndexFunc(known, func(k masterKey) bool { return k.id == id.String() })
		if i >= 0 && known[i].destroyedAt.IsZero() {
			continue
		}
		var sealedAt any // NULL
		if id == newest {
			sealedAt = micros(time.Now())
		}
		_, err := s.writer.ExecContext(ctx, `INSERT INTO master_keys (id, sealed_at) VALUES ($1, $2)
			ON CONFLICT (id) DO UPDATE SET destroyed_at = NULL`, id.String(), sealedAt)
		if err != nil {
			return err
		}
	}
	return nil
}

// masterKey is a row of master_keys.
type masterKey struct {
	id                                string
	sealedAt, replacedAt, destroyedAt time.Time
}

// active reports whether data may be sealed under the key.
func (k masterKey) active() bool {
	return !k.sealedAt.IsZero() && k.replacedAt.IsZero() && k.destroyedAt.IsZero()
}

func (s *Store) masterKeys(ctx context.Context, db querier) (keys []masterKey, err error) {
	rows, err := db.QueryContext(ctx, `SELECT id, sealed_at, replaced_at, destroyed_at FROM master_keys ORDER BY id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var k masterKey
		err := rows.Scan(&k.id, stamp{&k.sealedAt}, stamp{&k.replacedAt}, stamp{&k.destroyedAt})
		keys = append(keys, k)
		return err
	})
	return keys, err
}

// mark returns the mark, and the newest master key, which it is wrapped under.
func (s *Store) mark(ctx context.Context, db querier) (wrapped []byte, newest seal.KeyID, err error) {
	err = db.QueryRowContext(ctx, markQuery).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoMark
	}
	if err == nil {
		newest, err = seal.WrappedUnder(wrapped)
	}
	return wrapped, newest, err
}

var errNoMark = errors.New("the mark of the master key is missing in table key_checks")

// checkMark returns an error unless the ring opens the mark, and the newest master key.
func (s *Store) checkMark(ctx context.Context) (newest seal.KeyID, err error) {
	wrapped, newest, err := s.mark(ctx, s.reader)
	if err != nil {
		return newest, err
	}
	_, err = s.ring.OpenKey(wrapped, checkKey())
	var unknown *seal.UnknownKeyError
	if errors.As(err, &unknown) {
		return newest, fmt.Errorf("wrong master key: this database is sealed under %s, and the key given is %s. Use the key that the database was created with; after a rotation, the new key file",
			unknown.ID, strings.Trim(fmt.Sprint(s.ring.IDs()), "[]"))
	}
	return newest, err
}

// checkRing returns an error unless the ring has every master key that data may be sealed
// under: the newest, and older ones until a rotation is complete.
func (s *Store) checkRing(ctx context.Context) error {
	if _, err := s.checkMark(ctx); err != nil {
		return err
	}
	return s.checkActive(ctx)
}

func (s *Store) checkActive(ctx context.Context) error {
	keys, err := s.masterKeys(ctx, s.reader)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !k.active() || slices.ContainsFunc(s.ring.IDs(), func(id seal.KeyID) bool { return id.String() == k.id }) {
			continue
		}
		return s.keyMissing(k.id)
	}
	return nil
}

// sealer returns what seals under the newest master key until the transaction ends. The
// error is an *erasure.KeyMissingError if the ring lacks that key. Call it before the
// transaction locks rows: a rotation must not come between.
func (s *Store) sealer(ctx context.Context, tx *sql.Tx) (seal.Sealer, error) {
	if s.engine == PostgreSQL {
		if _, err := tx.ExecContext(ctx, `SELECT `+s.engine.shareMark()); err != nil {
			return seal.Sealer{}, err
		}
	}
	wrapped, _, err := s.mark(ctx, tx)
	if err != nil {
		return seal.Sealer{}, err
	}
	return s.sealerOf(wrapped)
}

// sealerOf returns the sealer for the mark, as it was read in a transaction that shares the
// lock.
func (s *Store) sealerOf(mark []byte) (seal.Sealer, error) {
	if mark == nil {
		return seal.Sealer{}, errNoMark
	}
	newest, err := seal.WrappedUnder(mark)
	if err != nil {
		return seal.Sealer{}, err
	}
	sealer, err := s.ring.Sealer(newest)
	if errors.As(err, new(*seal.UnknownKeyError)) {
		err = s.keyMissing(newest.String())
	}
	return sealer, err
}

// keyMissing returns the error for a master key that others have and this process lacks.
func (s *Store) keyMissing(id string) error {
	advice := seal.EnvKey + " does not contain it: restart this process with the new value"
	if path := s.ring.Path(); path != "" {
		advice = "the key file " + path + " does not contain it: copy the newest key file there"
	}
	return &erasure.KeyMissingError{Key: id, Advice: advice}
}

// cannotOpen returns the error for sealed data that does not open with the ring: an
// *erasure.KeyMissingError if another process may have its master key, and otherwise
// ErrUnreadable. A key that was never recorded is part of a row that was altered.
func (s *Store) cannotOpen(ctx context.Context, db querier, cause error) error {
	var unknown *seal.UnknownKeyError
	if !errors.As(cause, &unknown) {
		return unreadable(cause)
	}
	var destroyedAt time.Time
	err := db.QueryRowContext(ctx, `SELECT destroyed_at FROM master_keys WHERE id = $1`, unknown.ID.String()).Scan(stamp{&destroyedAt})
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !destroyedAt.IsZero():
		return unreadable(cause)
	case err != nil:
		return err
	}
	return s.keyMissing(unknown.ID.String())
}

// KeyFile returns the path of the master key file; empty if the keys do not come from one.
func (s *Store) KeyFile() string { return s.ring.Path() }

// KeyIDs returns the ids of the master keys that this process has, the current one first.
func (s *Store) KeyIDs() []seal.KeyID { return s.ring.IDs() }

// ReloadKeys loads the key file again, and reports whether its keys have changed; see
// [seal.Ring.Reload]. Servers call it every few seconds.
func (s *Store) ReloadKeys(ctx context.Context) (changed bool, err error) {
	_, newest, err := s.mark(ctx, s.reader)
	if err != nil {
		return false, s.explainHeartbeat(err)
	}
	return s.ring.Reload(newest)
}
