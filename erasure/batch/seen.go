package batch

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // registers "sqlite"
)

// seenInMemory is how many ids are remembered before they move to a file.
const seenInMemory = 250_000

// seen remembers ids by 128 bits of their SHA-256: that two of ten million
// share them is less likely than one in 10^24, and a customer who is taken for
// another's duplicate would not be erased.
type seen struct {
	memory map[[16]byte]struct{}
	dir    string
	db     *sql.DB
	tx     *sql.Tx
	insert *sql.Stmt
}

func newSeen() *seen { return &seen{memory: map[[16]byte]struct{}{}} }

// add reports whether the id is new.
func (s *seen) add(ctx context.Context, id string) (bool, error) {
	sum := sha256.Sum256([]byte(id))
	key := [16]byte(sum[:16])
	if s.insert != nil {
		return s.addToFile(ctx, key)
	}
	if _, ok := s.memory[key]; ok {
		return false, nil
	}
	s.memory[key] = struct{}{}
	if len(s.memory) > seenInMemory {
		return true, s.spill(ctx)
	}
	return true, nil
}

func (s *seen) addToFile(ctx context.Context, key [16]byte) (bool, error) {
	result, err := s.insert.ExecContext(ctx, key[:])
	if err != nil {
		return false, fmt.Errorf("remembering ids in %s: %w", s.dir, err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// spill moves what is remembered to a temporary file. Nothing in it needs to
// survive anything.
func (s *seen) spill(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "yuno-erasure-ids-"); err != nil {
		return err
	}
	dsn := "file:" + filepath.Join(s.dir, "ids.db") + "?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-4096)"
	if s.db, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	if _, err = s.db.ExecContext(ctx, "CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID"); err != nil {
		return err
	}
	if s.tx, err = s.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	if s.insert, err = s.tx.PrepareContext(ctx, "INSERT OR IGNORE INTO seen VALUES (?)"); err != nil {
		return err
	}
	for key := range s.memory {
		if _, err := s.addToFile(ctx, key); err != nil {
			return err
		}
	}
	s.memory = nil
	return nil
}

func (s *seen) close() {
	if s.db != nil {
		_ = s.tx.Rollback() // nothing in it is kept
		_ = s.db.Close()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
