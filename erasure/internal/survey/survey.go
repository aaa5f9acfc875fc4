package survey

import (
	"context"
	"maps"
	"sync"
)

// Survey is a list with a journal. It can be run once, and its results be read before and
// after.
type Survey struct {
	list    *List
	journal *journal
	first   int64 // the offset of the first result in the journal
	done    int   // results of earlier runs that are still good

	mu     sync.Mutex // also of list.skip
	counts map[Outcome]int
}

// skipped reports whether record n needs no request.
func (s *Survey) skipped(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list.skip.has(n)
}

// count counts the result of record n.
func (s *Survey) count(n int, r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list.skip.add(n)
	s.counts[r.Outcome]++
}

// Remaining returns how many ids a run has to ask about.
func (s *Survey) Remaining() int { return s.list.ToAsk() - s.done }

// Counts returns how many ids have each outcome, those of earlier runs included.
func (s *Survey) Counts() map[Outcome]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Results calls yield once with the result of every id that has one, in the order in
// which they were recorded, and returns yield's first error, or ctx's if ctx ends first.
// It must not be called while the survey runs.
func (s *Survey) Results(ctx context.Context, yield func(Result) error) error {
	if err := s.journal.sync(); err != nil {
		return err
	}
	_, err := readResults(s.journal.file, s.first, func(r Result) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return yield(r)
	})
	return err
}

// WithoutResult calls yield with the records, the invalid ones included, that have no
// result. Of equal ids it yields only the first. It must not be called while the survey
// runs.
func (s *Survey) WithoutResult(ctx context.Context, yield func(Record) error) error {
	n := -1
	return s.list.source(ctx, func(r Record) error {
		n++
		if r.Err == nil && s.list.skip.has(n) {
			return ctx.Err()
		}
		return yield(r)
	})
}

// Close syncs, closes and unlocks the journal. Its error means that results may be missing
// from it.
func (s *Survey) Close() error { return s.journal.close() }
