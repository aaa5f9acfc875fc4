package sqlstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Writes that wait for the lock of another process all wait at the same time, not one
// after the other.
func TestGroupsWaitForAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGroups(scratch(t))
		var path string
		if err := g.db.QueryRowContext(t.Context(), `SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
			t.Fatal(err)
		}
		other, err := openFile(t.Context(), path, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		tx, err := other.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var writes sync.WaitGroup
		for i := range 5 {
			ctx, want, at := t.Context(), "locked by another process", 11*time.Second
			if i%2 == 0 {
				ctx, want, at = hurried, context.DeadlineExceeded.Error(), time.Second
			}
			writes.Go(func() {
				err := g.write(ctx, insert("a"))
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
				if took := time.Since(began); took > at+time.Second {
					t.Errorf("it took %v, want %v", took, at)
				}
			})
			synctest.Wait()
		}
		writes.Wait()
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := g.write(t.Context(), insert("a")); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// The job queue's writes use the connection while they wait.
func TestGroupsWaitForTheJobQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGroups(scratch(t))
		conn, err := g.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err = g.write(t.Context(), insert("a"))
		if took := time.Since(began); !errors.Is(err, errNoTurn) || took != busyTimeout {
			t.Errorf("got %v after %v", err, took)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if err := g.write(t.Context(), insert("a")); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
