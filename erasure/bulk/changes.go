package bulk

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
)

// Changes say how a list differs from the one that the journal was written for. Its zero
// value is for the same list.
type Changes struct {
	// Changed: the content of the list, or where its ids are, is not what it was. The ids
	// may be the same nevertheless, as in a list that was sorted, or saved by another program.
	Changed bool `json:"changed"`
	// Added is how many ids the list has that it did not have.
	Added int `json:"added"`
	// Removed is how many ids the list had that it does not have now. They are not sent,
	// and what is known of them stays in the report.
	Removed int `json:"removed"`
	// RemovedUnsent is how many of Removed have not been sent.
	RemovedUnsent int `json:"removed_unsent"`
}

// comparison compares the list of a run with the list that its journal was written for.
type comparison struct {
	list   *List
	past   header
	listed digests // of the list then
	sent   digests // of the ids that the journal has lines of

	changes  Changes
	unlisted int // ids that the journal has lines of, and the list does not have
	before   int // of these, ids that were unlisted before
	moved    *moves
	now      map[digest]place // one part of the list
}

// compare finds out where the records of the journal are in the list, which is not the one
// that the journal was written for. From then on the journal is read as if it was written
// for this list: an id that is no longer in it has a number after the list's last record.
func (j *journal) compare(ctx context.Context, past header, from int64) error {
	c := &comparison{list: j.list, past: past, now: map[digest]place{}, changes: Changes{Changed: true}}
	defer c.listed.close()
	defer c.sent.close()
	if err := c.read(ctx, j, from); err != nil {
		return err
	}
	var err error
	if c.moved, err = newMoves(); err != nil {
		return err
	}
	for part := 0; part < partitions && err == nil; part++ {
		if err = ctx.Err(); err == nil {
			err = c.join(part)
		}
	}
	if err != nil {
		c.moved.close()
		return err
	}
	j.compared, j.moved, j.header.Unlisted = c, c.moved, c.unlisted
	return nil
}

// read collects what the journal says of the list then, and of its ids.
func (c *comparison) read(ctx context.Context, j *journal, from int64) error {
	var seen bits
	return j.entries(from, math.MaxInt64, func(e entry, at int64) error {
		switch {
		case e.Event == eventListed:
			sums, err := base64.RawURLEncoding.DecodeString(e.Listed)
			if err != nil || len(sums)%len(digest{}) != 0 {
				return j.reject(fmt.Sprintf("is damaged before byte %d", at), "another --journal to start from scratch, and keep this file")
			}
			for ; len(sums) > 0; sums = sums[len(digest{}):] {
				if err := c.listed.add(digest(sums), place{}); err != nil {
					return err
				}
			}
		case e.ofRecord() && e.Outcome != Invalid && seen.add(e.N):
			return c.sent.add(digestOf(e.ID), place{n: e.N})
		}
		return ctx.Err()
	})
}

// join compares the ids of one part.
func (c *comparison) join(part int) error {
	clear(c.now)
	err := c.list.ids.each(part, func(sum digest, at place) error {
		if *c.list.states.at(at.n) != duplicate {
			c.now[sum] = at
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.changes.Added += len(c.now)
	err = c.listed.each(part, func(sum digest, _ place) error {
		if _, ok := c.now[sum]; ok {
			c.changes.Added--
		} else {
			c.changes.Removed++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.sent.each(part, func(sum digest, then place) error {
		now, ok := c.now[sum]
		if !ok {
			now = place{n: c.list.Records + c.unlisted}
			c.unlisted++
			if then.n >= c.past.Records {
				c.before++
			}
		}
		return c.moved.set(then.n, now)
	})
}

// result returns the changes once the journal was replayed: it says which of the removed
// ids were sent.
func (c *comparison) result() Changes {
	sent := c.unlisted - c.list.states.count(c.list.Records, c.list.Records+c.unlisted)[todo]
	c.changes.RemovedUnsent = max(0, c.changes.Removed-(sent-c.before))
	return c.changes
}
