package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
)

// Census is what a first reading of the input found, and what is known of each
// of its records since.
type Census struct {
	Records    int
	Invalid    int
	Duplicates int
	// SHA256 identifies the input, in hexadecimal.
	SHA256 string
	// Problems are the first invalid records.
	Problems []Record
	// First are the first ids, for a person to see what they are.
	First []string

	states states
}

const (
	// maxProblems is how many invalid records a census keeps.
	maxProblems = 20
	// maxFirst is how many ids it keeps.
	maxFirst = 2
)

// ToErase is how many different ids the input has.
func (c *Census) ToErase() int { return c.Records - c.Invalid - c.Duplicates }

// Left is how many of them are to be sent still, or again.
func (c *Census) Left() int {
	left := 0
	for s, n := range c.states.count(c.Records) {
		if state(s).toSend() {
			left += n
		}
	}
	return left
}

// Summary counts what is known of the records.
func (c *Census) Summary() Summary {
	n := c.states.count(c.Records)
	return Summary{
		Accepted:     n[accepted],
		NotFound:     n[notFound],
		MaybeDeleted: n[gone] + n[open] + n[sending] + n[retrying],
		Unsettled:    n[open] + n[sending] + n[retrying],
		Invalid:      n[refused],
		Failed:       n[failed],
		Duplicates:   n[duplicate],
		NotSent:      n[todo] + n[invalid],
	}
}

// TakeCensus reads the whole input, checks every id, and finds duplicates: of
// equal ids only the first is sent.
func TakeCensus(ctx context.Context, in io.Reader, f Format, check func(id string) error) (*Census, error) {
	hash := sha256.New()
	scanner, err := NewScanner(io.TeeReader(in, hash), f)
	if err != nil {
		return nil, err
	}
	var ids duplicates
	defer ids.close()
	c := &Census{}
	for scanner.Scan() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		record := scanner.Record()
		if record.Err == nil {
			record.Err = check(record.ID)
		}
		if record.Err != nil {
			c.invalid(record)
		} else if err := ids.add(record.N, record.ID); err != nil {
			return nil, err
		} else if len(c.First) < maxFirst && !slices.Contains(c.First, record.ID) {
			c.First = append(c.First, record.ID)
		}
		c.Records++
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, io.TeeReader(in, hash)); err != nil { // what the scanner left, if anything
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	err = ids.find(ctx, func(n int) {
		*c.states.at(n) = duplicate
		c.Duplicates++
	})
	if err != nil {
		return nil, err
	}
	if c.Records > 0 {
		c.states.at(c.Records - 1) // from here on they only change
	}
	return c, nil
}

func (c *Census) invalid(record Record) {
	*c.states.at(record.N) = invalid
	c.Invalid++
	if len(c.Problems) < maxProblems {
		c.Problems = append(c.Problems, record)
	}
}
