package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Census is what a first reading of the input found.
type Census struct {
	Records    int
	Invalid    int
	Duplicates int
	// SHA256 identifies the input, in hexadecimal.
	SHA256 string
	// Problems are the first invalid records.
	Problems []Record

	states states
}

// maxProblems is how many invalid records a census keeps.
const maxProblems = 20

// ToErase is how many records there are to send.
func (c *Census) ToErase() int { return c.Records - c.Invalid - c.Duplicates }

// TakeCensus reads the whole input, checks every id, and finds duplicates: of
// equal ids only the first is sent.
func TakeCensus(ctx context.Context, in io.Reader, f Format, check func(id string) error) (*Census, error) {
	hash := sha256.New()
	scanner, err := NewScanner(io.TeeReader(in, hash), f)
	if err != nil {
		return nil, err
	}
	known := newSeen()
	defer known.close()
	c := &Census{}
	for scanner.Scan() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		record := scanner.Record()
		if record.Err == nil {
			record.Err = check(record.ID)
		}
		state := todo
		if record.Err != nil {
			state = invalid
			c.Invalid++
			if len(c.Problems) < maxProblems {
				c.Problems = append(c.Problems, record)
			}
		} else {
			isNew, err := known.add(ctx, record.ID)
			if err != nil {
				return nil, err
			}
			if !isNew {
				state = duplicate
				c.Duplicates++
			}
		}
		c.states = append(c.states, state)
		c.Records++
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, io.TeeReader(in, hash)); err != nil { // what the scanner left, if anything
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return c, nil
}

// states has one byte a record: in its low bits what is to be done with it, above
// them how many outcomes the journal holds for it.
type states []byte

const (
	todo      byte = iota
	sent           // it may have been accepted, and nobody knows: the answer was lost
	done           // there is an outcome that no further attempt can better
	failed         // there is an outcome, and another attempt may do better
	duplicate      // of an earlier record
	invalid        // no id, or one that the client refuses

	stateMask   byte = 7
	outcomeStep byte = 8
)

func (s states) state(n int) byte { return s[n] & stateMask }

func (s states) set(n int, state byte) { s[n] = s[n]&^stateMask | state }

// count notes one more outcome; it saturates.
func (s states) count(n int) {
	if s[n] < 255-outcomeStep {
		s[n] += outcomeStep
	}
}

func (s states) outcomes(n int) int { return int(s[n] / outcomeStep) }
