package bulk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

var errInvalid = errors.New("is invalid")

func checkForTests(id string) error {
	if strings.Contains(id, "/") || id == "" {
		return errInvalid
	}
	return nil
}

func census(t *testing.T, text string) *Census {
	t.Helper()
	c, err := TakeCensus(t.Context(), strings.NewReader(text), Format{}, checkForTests)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCensus(t *testing.T) {
	t.Parallel()
	c := census(t, "c1\nc2\na/b\nc1\nc3\nc2\n")
	if c.Records != 6 || c.Invalid != 1 || c.Duplicates != 2 || c.ToErase() != 3 {
		t.Errorf("counted %+v", c)
	}
	if len(c.Problems) != 1 || c.Problems[0].Line != 3 {
		t.Errorf("problems %+v", c.Problems)
	}
	if strings.Join(c.First, " ") != "c1 c2" {
		t.Errorf("begins with %q", c.First)
	}
	if twice := census(t, "c1\nc1\n"); len(twice.First) != 1 {
		t.Errorf("begins with %q", twice.First)
	}
	if other := census(t, "c1\nc2\na/b\nc1\nc3\nc2 \n"); other.SHA256 == c.SHA256 {
		t.Error("another input has the same digest")
	}
	if many := census(t, strings.Repeat("a/b\n", 100)); len(many.Problems) != maxProblems || many.Invalid != 100 {
		t.Errorf("keeps %d of %d problems", len(many.Problems), many.Invalid)
	}
}

// Beyond what fits into the blocks in memory, duplicates are found in a file.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 1000, 2 * partitions * blockLen} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			var d duplicates
			defer d.close()
			want := map[int]bool{}
			for i := range n {
				id := fmt.Sprint(i)
				if i%7 == 3 { // of one long ago, or of the last but one
					id = fmt.Sprint([]int{0, i - 2}[i%2])
					want[i] = true
				}
				if err := d.add(i, id); err != nil {
					t.Fatal(err)
				}
			}
			if spilled := len(d.blocks) > 0; spilled != (n > partitions*blockLen) {
				t.Errorf("spilled %d blocks", len(d.blocks))
			}
			err := d.find(t.Context(), func(i int) {
				if !want[i] {
					t.Errorf("%d is none, or found twice", i)
				}
				delete(want, i)
			})
			if err != nil || len(want) > 0 {
				t.Errorf("%v, did not find %v", err, want)
			}
		})
	}
}

// Looking for duplicates among millions takes seconds: Ctrl-C does not wait for them.
func TestDuplicatesInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var d duplicates
	if err := d.find(ctx, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	sent, back := entry{Event: eventSending}, entry{Event: eventNotSent}
	came := func(o Outcome, code string) entry {
		return entry{Event: eventOutcome, Result: Result{Outcome: o, Code: code}}
	}
	for _, c := range []struct {
		name string
		from state
		by   entry
		want state
	}{
		{"Sent", todo, sent, sending},
		{"TakenBack", sending, back, todo},
		{"SentAgain", failed, sent, retrying},
		{"TakenBackAgain", retrying, back, failed},
		{"SentWhileOpen", open, sent, open},
		{"TakenBackWhileOpen", open, back, open},
		{"Accepted", sending, came(Accepted, ""), accepted},
		{"NotFound", sending, came(NotFound, codeNotFound), notFound},
		{"Gone", open, came(MaybeDeleted, codeNotFound), gone},
		{"Open", sending, came(MaybeDeleted, "INTERNAL_ERROR"), open},
		{"Failed", retrying, came(Failed, "X"), failed},
		{"Invalid", invalid, came(Invalid, ""), refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.from.after(c.by); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	t.Run("CountAcrossChunks", func(t *testing.T) {
		t.Parallel()
		var s states
		*s.at(chunk - 1), *s.at(chunk), *s.at(2*chunk + 5) = accepted, accepted, failed
		if n := s.count(2*chunk + 5); n[accepted] != 2 || n[failed] != 0 || n[todo] != 2*chunk+3 {
			t.Errorf("counted %v", n)
		}
	})
}

func TestCensusBeforeARun(t *testing.T) {
	t.Parallel()
	c := census(t, "c1\nc2\na/b\n")
	if c.Left() != 2 || c.Summary() != (Summary{NotSent: 3}) {
		t.Errorf("%d left, %+v", c.Left(), c.Summary())
	}
	if c := census(t, "c1\n"); c.Left() != 1 {
		t.Errorf("%d left", c.Left())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := TakeCensus(ended, strings.NewReader("c1\n"), Format{}, checkForTests); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := TakeCensus(t.Context(), iotest.ErrReader(errors.New("broken")), Format{}, checkForTests); err == nil {
		t.Error("no error")
	}
}
