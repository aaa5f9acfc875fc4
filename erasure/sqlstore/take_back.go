package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// refused is a condition on targets that need a person: their connection refused them, as
// far as one response can tell.
const refused = `reason IN ('key_refused', 'not_found_unproven', 'not_found_unconfirmed', 'unexpected_answer_repeated')`

// recoverable is a condition on refused targets that are worth another attempt once their
// connection works. A response that no rule describes is not among them: that the
// connection works says nothing about it, and five more attempts would take hours from
// the person. Nor is a target that was refused again and again although it works.
const recoverable = `reason IN ('key_refused', 'not_found_unconfirmed', 'not_found_unproven') AND taken_back < 3`

// lastBegun is when the last attempt at a target began.
const lastBegun = `(SELECT max(at) FROM evidence WHERE target_id = targets.id AND evidence.state = 'in_progress')`

// takenBack returns a change of a target that a person was to act on back to pending, due
// at $2, because its connection ($3) is back, resumed, or works again. If its deadline is
// earlier than $4, it gets that one. count is the new value of taken_back.
func takenBack(reason, count string) change {
	return change{
		update: `
UPDATE targets
SET state = 'pending', reason = '` + reason + `', status = 0, due_at = $2, updated_at = ` + noEarlier(`$2`) + `, changes = changes + 1, taken_back = ` + count + `,
    granted_until = CASE WHEN coalesce(granted_until, (SELECT deadline FROM erasures WHERE erasures.id = erasure_id)) < $4
        THEN $4 ELSE granted_until END
WHERE id = $1 AND provider = $3 AND state = 'action_required' AND (reason = 'provider_not_configured' OR ` + refused + `)`,
		returning: `provider`,
		outcome:   `reason, 0, 0`,
	}
}

var (
	takeBack  = takenBack("connection_resumed", "0")
	takeAgain = takenBack("connection_recovered", "taken_back + 1")
)

// takenBackFor is the shortest time that a target has left after it was taken back.
const takenBackFor = 7 * 24 * time.Hour

func takeBackArgs(name string, at time.Time) []any {
	return []any{micros(at), name, micros(at.Add(takenBackFor))}
}

// Overtaken changes targets back to pending that were refused by an attempt which had begun
// before the last pause of their connection ended, and ended after it: the refusal may be
// about what has been fixed since. It looks at connections that were resumed since the
// given time, and returns the targets.
func (s *Store) Overtaken(ctx context.Context, since, at time.Time, enqueue erasure.EnqueueFunc) (jobs []erasure.Job, err error) {
	names, err := s.column(ctx, `SELECT name FROM connections WHERE resumed_at >= $1 AND paused_at IS NULL ORDER BY name`, micros(since))
	for _, name := range names {
		var some []erasure.Job
		some, err = s.moveWhere(ctx, takeBack, takeBackArgs(name, at), at, enqueue, `
SELECT id FROM targets WHERE provider = $1 AND state = 'action_required' AND `+unusual+` AND `+refused+`
  AND `+lastBegun+` < (SELECT resumed_at FROM connections WHERE name = $1)`, name)
		jobs = append(jobs, some...)
		if err != nil {
			break
		}
	}
	if err != nil {
		return jobs, fmt.Errorf("take back overtaken targets: %w", err)
	}
	return jobs, nil
}

// Recover does the same for a connection that works although no pause of it has ended: it
// changes targets back to pending that were refused by an attempt which had begun before
// r.Proven, and returns them. It does so three times for a target, r.Apart later each time:
// what the connection still refuses is for a person. A pause that ends, and an operator who
// retries, begin the count again. At a paused connection it changes nothing.
func (s *Store) Recover(ctx context.Context, r erasure.Recovery, enqueue erasure.EnqueueFunc) ([]erasure.Job, error) {
	query := `
SELECT id FROM targets WHERE provider = $1 AND state = 'action_required' AND ` + unusual + ` AND ` + recoverable + `
  AND ` + lastBegun + ` + taken_back * CAST($2 AS BIGINT) < $3
  AND NOT EXISTS (SELECT 1 FROM connections WHERE name = $1 AND paused_at IS NOT NULL)`
	if !r.Account {
		query += ` AND reason <> 'not_found_unproven'`
	}
	jobs, err := s.moveWhere(ctx, takeAgain, takeBackArgs(r.Name, r.At), r.At, enqueue, query,
		r.Name, r.Apart.Microseconds(), micros(r.Proven))
	if err != nil {
		return jobs, fmt.Errorf("take back refused targets: %w", err)
	}
	return jobs, nil
}
