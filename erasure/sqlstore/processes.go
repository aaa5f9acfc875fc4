package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// SeeEvery is how often a process should call [Store.SeeProcess], and ProcessLiveFor how
// long one that was not seen counts as running. Clocks of processes may differ by the rest.
const (
	SeeEvery       = 10 * time.Second
	ProcessLiveFor = 2 * time.Minute
)

// Process is a process that works on the database for a long time.
type Process struct {
	ID        string    `json:"id"`   // random, of this run
	Name      string    `json:"name"` // for people: machine and process number
	Role      string    `json:"role"`
	StartedAt time.Time `json:"started_at"`

	// KeyFile is where its master keys come from; empty for the environment. The fields
	// from here on are set by the store.
	KeyFile string    `json:"key_file,omitempty"`
	Keys    []string  `json:"keys"` // ids of its master keys, the current one first
	SeenAt  time.Time `json:"seen_at"`
}

// NewProcess returns a process that starts now.
func NewProcess(name, role string, now time.Time) Process {
	return Process{ID: newID(now), Name: name, Role: role, StartedAt: utc(now)}
}

// SeeProcess records that a process runs at that time, with the master keys that this
// store has. It forgets those that were not seen for a day.
func (s *Store) SeeProcess(ctx context.Context, p Process, at time.Time) error {
	var keys []string
	for _, id := range s.ring.IDs() {
		keys = append(keys, id.String())
	}
	_, err := s.writer.ExecContext(ctx, `
INSERT INTO processes (id, name, role, key_file, keys, started_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET keys = excluded.keys, seen_at = excluded.seen_at`,
		p.ID, p.Name, p.Role, s.ring.Path(), strings.Join(keys, " "), micros(p.StartedAt), micros(at))
	if err == nil {
		_, err = s.writer.ExecContext(ctx, `DELETE FROM processes WHERE seen_at < $1`, micros(at.Add(-24*time.Hour)))
	}
	if err != nil {
		return fmt.Errorf("see process: %w", s.explainHeartbeat(err))
	}
	return nil
}

// ForgetProcess records that a process ends.
func (s *Store) ForgetProcess(ctx context.Context, id string) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM processes WHERE id = $1`, id)
	return explain(err)
}

// Processes returns the processes that run at that time, as far as they were seen in the
// [ProcessLiveFor] before it, ordered by name.
func (s *Store) Processes(ctx context.Context, at time.Time) ([]Process, error) {
	return s.processes(ctx, at.Add(-ProcessLiveFor))
}

// processes returns those that were seen after a time.
func (s *Store) processes(ctx context.Context, since time.Time) ([]Process, error) {
	var list []Process
	rows, err := s.reader.QueryContext(ctx, `SELECT id, name, role, key_file, keys, started_at, seen_at FROM processes
		WHERE seen_at > $1 ORDER BY name, id`, since.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		var p Process
		var keys string
		err := rows.Scan(&p.ID, &p.Name, &p.Role, &p.KeyFile, &keys, stamp{&p.StartedAt}, stamp{&p.SeenAt})
		p.Keys = strings.Fields(keys)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", explain(err))
	}
	return list, nil
}

// Unconfirmed returns the processes that run at that time and have not confirmed that they
// have the newest master key.
func (s *Store) Unconfirmed(ctx context.Context, at time.Time) ([]Process, error) {
	_, newest, err := s.mark(ctx, s.reader)
	if err != nil {
		return nil, explain(err)
	}
	processes, err := s.Processes(ctx, at)
	return slices.DeleteFunc(processes, func(p Process) bool { return slices.Contains(p.Keys, newest.String()) }), err
}
