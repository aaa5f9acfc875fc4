package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strconv"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// Record is one id of a list.
type Record struct {
	Line int // counts from 1; 0 if the list has no lines
	ID   string
	Err  error // why there is no valid id; it does not repeat the line
	// Erasure is what a deletion has recorded of the customer, if that is known.
	Erasure *bulk.Result
}

// Source calls yield with every record of a list, in its order, and returns yield's first
// error or why the list could not be read. It is called at least twice, one call at a
// time, and must yield the same records.
type Source func(ctx context.Context, yield func(Record) error) error

const (
	maxProblems = 20
	maxFirst    = 2
)

// List is a list of ids that [Scan] has read and checked. It is not safe for concurrent
// use.
type List struct {
	Records    int // ids in the list, the invalid ones and the duplicates included
	Invalid    int
	Duplicates int
	// Problems are the first invalid records, at most 20.
	Problems []Record
	// First are the first two different valid ids, for a person to recognize.
	First []string

	source Source
	digest string // of lines and ids
	ids    index  // with the number of a record, or of a result and isResult
	skip   bits   // invalid records and duplicates
}

// isResult marks the number of a result in a journal among the values of the index.
const isResult = uint64(1) << 63

// Scan reads a whole list and finds the duplicates: of equal ids only the first is asked
// about. The caller of Scan must call [List.Close].
//
// Scan returns the source's error, or ctx's if ctx ends first.
func Scan(ctx context.Context, source Source) (*List, error) {
	l := &List{source: source}
	digest := sha256.New()
	err := source(ctx, func(r Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		writeTo(digest, r)
		return l.add(r)
	})
	if err == nil {
		l.digest = hex.EncodeToString(digest.Sum(nil))
		err = l.ids.each(ctx, func(values []uint64) {
			for _, n := range values[1:] {
				l.skip.add(int(n)) //nolint:gosec // the number of a record
				l.Duplicates++
			}
		})
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func writeTo(digest hash.Hash, r Record) {
	line := strconv.AppendInt(nil, int64(r.Line), 10)
	_, _ = digest.Write(append(append(append(line, ' '), r.ID...), '\n')) // never fails
}

func (l *List) add(r Record) error {
	n := l.Records
	l.Records++
	if r.Err != nil {
		l.skip.add(n)
		l.Invalid++
		if len(l.Problems) < maxProblems {
			l.Problems = append(l.Problems, r)
		}
		return nil
	}
	if len(l.First) < maxFirst && !slices.Contains(l.First, r.ID) {
		l.First = append(l.First, r.ID)
	}
	return l.ids.add(r.ID, uint64(n))
}

// ToAsk returns how many different valid ids the list has.
func (l *List) ToAsk() int { return l.Records - l.Invalid - l.Duplicates }

// Close removes the temporary file of the list.
func (l *List) Close() { l.ids.close() }
