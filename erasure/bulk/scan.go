package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/yuno-community/yuno-customers/erasure/internal/idlist"
)

// Source opens a list of ids at its start. It is called at least twice, and every
// reader must return the same content: [Scan] reads it to check it, and [Job.Run] to
// send it. The next call may invalidate the reader of the call before. The caller
// closes what it opens.
type Source func() (io.Reader, error)

// List is a list of ids that [Scan] has read and checked. Its memory is a byte per
// record. It keeps digests of the ids in a temporary file, until it is closed. It is not
// safe for concurrent use.
type List struct {
	Records    int // ids in the list, the invalid ones and the duplicates included
	Invalid    int
	Duplicates int
	// Unlike is how many of the valid ids do not look like Yuno's, which are UUIDs, and
	// Doubtful is how many of these look like a number or a word.
	Unlike, Doubtful int
	// Reading says how the list was read.
	Reading Reading
	// SHA256 identifies the content of the list, in hexadecimal.
	SHA256 string
	// Problems are the first invalid records, at most 20.
	Problems []Record
	// First are the first two different valid ids, for a person to recognize.
	First []string

	source Source
	format Format
	states states // belongs to the job once there is one
	inUse  bool   // by a job
	ids    digests
}

const (
	maxProblems = 20
	maxFirst    = 2
)

// ToErase returns how many different valid ids the list has.
func (l *List) ToErase() int { return l.Records - l.Invalid - l.Duplicates }

// Close removes the temporary file of a list that has no job. [Job.Run] and [Job.Close]
// do so too.
func (l *List) Close() { l.ids.close() }

// Scan reads a whole list, checks every id by the rule of the client
// (client.CheckCustomerID), and finds the duplicates: of equal ids only the first is
// sent. An invalid id is recorded in the list and is not an error.
//
// Scan returns a [*FormatError] if the list does not have the format, ctx's error if
// ctx ends first, and otherwise why the list could not be read.
func Scan(ctx context.Context, source Source, format Format) (_ *List, err error) {
	in, err := source()
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	at, _ := in.(io.ReaderAt)
	records, err := idlist.NewReader(io.TeeReader(in, hash), idlist.Options{Format: format, At: at})
	if err != nil {
		return nil, err
	}
	list := &List{source: source, format: records.Resolved(format)}
	defer func() {
		if err != nil {
			list.Close()
		}
	}()
	for records.Scan() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := list.add(records.Record()); err != nil {
			return nil, err
		}
	}
	if err := records.Err(); err != nil {
		return nil, err
	}
	list.Reading = records.Reading()
	// The record scanner may stop short of the end, and the digest covers all of it.
	if _, err := io.Copy(io.Discard, io.TeeReader(in, hash)); err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	list.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if err := list.markDuplicates(ctx); err != nil {
		return nil, err
	}
	return list, nil
}

func (l *List) add(record Record) error {
	if l.Records == maxRecords {
		return fmt.Errorf("has more than %d records: split it", maxRecords)
	}
	l.Records++
	if record.Err != nil {
		*l.states.at(record.N) = invalid
		l.Invalid++
		if len(l.Problems) < maxProblems {
			l.Problems = append(l.Problems, record)
		}
		return nil
	}
	if record.Look != idlist.LikeYunos {
		l.Unlike++
	}
	if record.Look == idlist.Doubtful {
		l.Doubtful++
	}
	if len(l.First) < maxFirst && !slices.Contains(l.First, record.ID) {
		l.First = append(l.First, record.ID)
	}
	return l.ids.add(digestOf(record.ID), place{record.N, record.Line})
}

// EachInvalid reads the list again, and calls yield with its invalid records in their
// order. It returns yield's first error, ctx's if ctx ends first, or why the list could not
// be read. It must not be called while the list is used by a job that runs.
func (l *List) EachInvalid(ctx context.Context, yield func(Record) error) error {
	if l.Invalid == 0 {
		return nil
	}
	in, err := l.source()
	if err != nil {
		return err
	}
	return idlist.Each(in, idlist.Options{Format: l.format}, func(r Record) error {
		if err := ctx.Err(); err != nil || r.Err == nil {
			return err
		}
		return yield(r)
	})
}

func (l *List) markDuplicates(ctx context.Context) error {
	err := l.ids.duplicates(ctx, func(n int) {
		*l.states.at(n) = duplicate
		l.Duplicates++
	})
	l.states.allocate(l.Records)
	return err
}
