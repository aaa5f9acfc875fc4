package sqlstore

import (
	"cmp"
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

// DropRequest describes which master keys [Store.DropKeys] removes.
type DropRequest struct {
	At time.Time
	// Keep is how long a key is kept after a newer one has replaced it. 0 removes all
	// older keys.
	Keep time.Duration
	// LeaveUnopened removes them although some rows do not open with any key in the ring.
	LeaveUnopened bool
	// ListenFor is how long to wait for a word from processes that were not seen in the last
	// [ProcessLiveFor]. Defaults to [ListenFor], and is shorter only in tests.
	ListenFor time.Duration
	// Listening, if not nil, is called before that wait, with its length and the number of
	// these processes.
	Listening func(d time.Duration, processes int)
}

// ListenFor is how long a process that runs may take to say something, once the database
// responds to it.
const ListenFor = 2 * SeeEvery

// UnconfirmedError means that master keys were not removed, because processes run that have
// not confirmed the newest key.
type UnconfirmedError struct {
	Newest    string
	Processes []Process
	At        time.Time
}

func (e *UnconfirmedError) Error() string {
	var list []string
	for _, p := range e.Processes {
		list = append(list, fmt.Sprintf("%s (%s, started %s, last seen %s): %s", p.Name, p.Role,
			p.StartedAt.UTC().Format(time.RFC3339), ago(e.At.Sub(p.SeenAt)), p.adviceForKeys()))
	}
	return fmt.Sprintf("nothing was dropped: not every running process has confirmed master key %s: %s; a process that ended without a word counts as running for %v",
		e.Newest, strings.Join(list, "; "), ProcessLiveFor)
}

// adviceForKeys says how a process gets the newest key.
func (p Process) adviceForKeys() string {
	if p.KeyFile == "" {
		return "restart it with the new value of " + seal.EnvKey
	}
	return fmt.Sprintf("it loads %s within %v: copy the newest key file there, unless it is the same", p.KeyFile, SeeEvery)
}

func ago(d time.Duration) string { return max(d, 0).Round(time.Second).String() + " ago" }

// DropKeys removes older master keys from the ring's key file, and returns their ids. What
// was sealed under them before they were replaced can then be read in no copy of the
// database, unless somebody has a copy of the key. It rewraps everything first: see
// [Store.Rewrap].
//
// It removes nothing and returns an [*UnopenedError] if a row does not open, unless
// r.LeaveUnopened is set, and an [*UnconfirmedError] if a process runs that has not
// confirmed the newest key. One that was not seen for a while has ended, or could not say
// anything: the database was away, or the machine slept. DropKeys waits for a word from it,
// for r.ListenFor.
//
// The caller must hold a lock on the key file, as for [seal.Rotate].
func (s *Store) DropKeys(ctx context.Context, r DropRequest) (dropped []seal.KeyID, err error) {
	if s.ring.Path() == "" {
		return nil, errors.New("drop keys: the master keys do not come from a file")
	}
	nobody := context.WithValue(ctx, actorKey{}, nil) // what is recorded is that keys are dropped
	_, err = s.Rewrap(nobody, r.At, nil)
	if unopened := (*UnopenedError)(nil); errors.As(err, &unopened) && r.LeaveUnopened {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	newest := s.ring.Current()
	dropped, err = s.DueKeys(ctx, r.At, r.Keep)
	if err != nil {
		return nil, err
	}
	if len(dropped) > 0 {
		if err := s.dropDue(ctx, newest, dropped, r); err != nil {
			return nil, err
		}
		if _, err := s.ring.Reload(newest); err != nil {
			return dropped, err
		}
	}
	return dropped, s.noteDestroyed(ctx, dropped, r.At)
}

// dropDue removes keys from the key file, if no process needs them.
func (s *Store) dropDue(ctx context.Context, newest seal.KeyID, due []seal.KeyID, r DropRequest) error {
	unconfirmed, err := s.runningUnconfirmed(ctx, newest, r)
	if err != nil {
		return err
	}
	if len(unconfirmed) > 0 {
		return &UnconfirmedError{newest.String(), unconfirmed, r.At}
	}
	return seal.Drop(s.ring.Path(), newest, due)
}

// runningUnconfirmed returns the processes that run and have not confirmed the newest key.
func (s *Store) runningUnconfirmed(ctx context.Context, newest seal.KeyID, r DropRequest) (running []Process, err error) {
	silent := map[string]time.Time{} // when they were last seen, by id
	look := func() error {
		all, err := s.processes(ctx, time.Time{})
		for _, p := range all {
			lastSeen, known := silent[p.ID]
			switch {
			case slices.Contains(p.Keys, newest.String()):
			case r.At.Sub(p.SeenAt) < ProcessLiveFor, known && !p.SeenAt.Equal(lastSeen):
				running = append(running, p)
			default:
				silent[p.ID] = p.SeenAt
			}
		}
		return err
	}
	if err := look(); err != nil || len(running) > 0 || len(silent) == 0 {
		return running, err
	}
	wait := cmp.Or(r.ListenFor, ListenFor)
	if r.Listening != nil {
		r.Listening(wait, len(silent))
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(wait):
	}
	return running, look()
}

// DueKeys returns the older master keys of the ring that were replaced at least a time
// before at. With 0 it returns all older ones.
func (s *Store) DueKeys(ctx context.Context, at time.Time, keep time.Duration) (due []seal.KeyID, err error) {
	_, newest, err := s.mark(ctx, s.reader)
	if err != nil {
		return nil, explain(err)
	}
	known, err := s.masterKeys(ctx, s.reader)
	if err != nil {
		return nil, explain(err)
	}
	for _, id := range s.ring.IDs() {
		i := slices.IndexFunc(known, func(k masterKey) bool { return k.id == id.String() })
		replaced := i >= 0 && !known[i].replacedAt.IsZero() && !known[i].replacedAt.After(at.Add(-keep))
		if id != newest && (keep <= 0 || replaced) {
			due = append(due, id)
		}
	}
	return due, nil
}

// noteDestroyed records that keys were removed. That includes those that the key file lacks
// although they once sealed something: a drop was interrupted after it had written the file.
func (s *Store) noteDestroyed(ctx context.Context, dropped []seal.KeyID, at time.Time) error {
	known, err := s.masterKeys(ctx, s.reader)
	if err != nil {
		return explain(err)
	}
	has := func(ids []seal.KeyID, k masterKey) bool {
		return slices.ContainsFunc(ids, func(id seal.KeyID) bool { return id.String() == k.id })
	}
	var gone []string
	for _, k := range known {
		if has(dropped, k) || !k.sealedAt.IsZero() && k.destroyedAt.IsZero() && !has(s.ring.IDs(), k) {
			gone = append(gone, k.id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, id := range gone {
			if _, err := tx.ExecContext(ctx, `UPDATE master_keys SET destroyed_at = $2 WHERE id = $1`, id, micros(at)); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, erasure.Action{At: at, Kind: erasure.ActionDropMasterKeys, Subject: strings.Join(gone, ", ")})
	})
}
