package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
}

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
// confirmed the newest key.
//
// The caller must hold a lock on the key file, as for [seal.Rotate].
func (s *Store) DropKeys(ctx context.Context, r DropRequest) (dropped []seal.KeyID, err error) {
	path := s.ring.Path()
	if path == "" {
		return nil, errors.New("drop keys: the master keys do not come from a file")
	}
	_, err = s.Rewrap(ctx, r.At, nil)
	if unopened := (*UnopenedError)(nil); errors.As(err, &unopened) && r.LeaveUnopened {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	newest := s.ring.Current()
	unconfirmed, err := s.Unconfirmed(ctx, r.At)
	if err != nil {
		return nil, err
	}
	if len(unconfirmed) > 0 {
		return nil, &UnconfirmedError{newest.String(), unconfirmed, r.At}
	}
	if dropped, err = s.DueKeys(ctx, r.At, r.Keep); err != nil || len(dropped) == 0 {
		return nil, err
	}
	if err := seal.Drop(path, newest, dropped); err != nil {
		return nil, err
	}
	if err := s.noteDestroyed(ctx, dropped, r.At); err != nil {
		return dropped, err
	}
	_, err = s.ring.Reload(newest)
	return dropped, err
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

// noteDestroyed records that keys were removed.
func (s *Store) noteDestroyed(ctx context.Context, dropped []seal.KeyID, at time.Time) error {
	for _, id := range dropped {
		_, err := s.writer.ExecContext(ctx, `UPDATE master_keys SET destroyed_at = $2 WHERE id = $1`, id.String(), micros(at))
		if err != nil {
			return explain(err)
		}
	}
	return nil
}
