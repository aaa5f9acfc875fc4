package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

func TestScan(t *testing.T) {
	t.Parallel()
	list := scanText(t, "c1\nc2\na/b\nc1\nc3\nc2\n")
	if list.Records != 6 || list.Invalid != 1 || list.Duplicates != 2 || list.ToErase() != 3 {
		t.Errorf("counted %+v", list)
	}
	if len(list.Problems) != 1 || list.Problems[0].Line != 3 {
		t.Errorf("problems %+v", list.Problems)
	}
	if strings.Join(list.First, " ") != "c1 c2" {
		t.Errorf("the first are %q", list.First)
	}
	if twice := scanText(t, "c1\nc1\n"); len(twice.First) != 1 {
		t.Errorf("the first are %q", twice.First)
	}
	if other := scanText(t, "c1\nc2\na/b\nc1\nc3\nc2 \n"); other.SHA256 == list.SHA256 {
		t.Error("another input has the same digest")
	}
	if many := scanText(t, strings.Repeat("a/b\n", 100)); len(many.Problems) != maxProblems || many.Invalid != 100 {
		t.Errorf("keeps %d of %d problems", len(many.Problems), many.Invalid)
	}
}

// Beyond what fits into the blocks in memory, duplicates are found in a file.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 300, 2 * partitions * blockLen} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			var d digests
			defer d.close()
			want := map[int]bool{}
			for i := range n {
				id := fmt.Sprint(i)
				if i%7 == 3 { // a duplicate of the first record, or of a recent one
					id = fmt.Sprint([]int{0, i - 2}[i%2])
					want[i] = true
				}
				if err := d.add(digestOf(id), place{i, i + 1}); err != nil {
					t.Fatal(err)
				}
			}
			if spilled := len(d.blocks) > 0; spilled != (n > partitions*blockLen) {
				t.Errorf("spilled %d blocks", len(d.blocks))
			}
			err := d.duplicates(t.Context(), func(i int) {
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
	var d digests
	if err := d.duplicates(ctx, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	sent, revoked := entry{Event: eventSending}, entry{Event: eventNotSent}
	became := func(o Outcome, code string) entry {
		return entry{Event: eventOutcome, Result: Result{Outcome: o, Code: code}}
	}
	for _, c := range []struct {
		name string
		from state
		by   entry
		want state
	}{
		{"Sent", todo, sent, sending},
		{"TakenBack", sending, revoked, todo},
		{"SentAgain", failed, sent, retrying},
		{"TakenBackAgain", retrying, revoked, failed},
		{"SentWhileUnsettled", unsettled, sent, unsettled},
		{"TakenBackWhileUnsettled", unsettled, revoked, unsettled},
		{"Accepted", sending, became(Accepted, ""), accepted},
		{"NotFound", sending, became(NotFound, wire.CodeCustomerNotFound), notFound},
		{"Gone", unsettled, became(MaybeDeleted, wire.CodeCustomerNotFound), gone},
		{"Unsettled", sending, became(MaybeDeleted, "INTERNAL_ERROR"), unsettled},
		{"Failed", retrying, became(Failed, "X"), failed},
		{"Invalid", invalid, became(Invalid, ""), rejected},
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
		if n := s.count(0, 2*chunk+5); n[accepted] != 2 || n[failed] != 0 || n[todo] != 2*chunk+3 {
			t.Errorf("counted %v", n)
		}
		if n := s.count(chunk, 2*chunk+6); n[accepted] != 1 || n[failed] != 1 || n[todo] != chunk+4 {
			t.Errorf("counted %v from the middle", n)
		}
	})
}

func TestListBeforeARun(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Summary{"c1\nc2\na/b\nc1\n": {NotSent: 3, Duplicates: 1}, "c1\n": {NotSent: 1}} {
		r := newRunner(t, 0)
		r.text = text
		job := r.prepare(false)
		if toErase := want.NotSent - strings.Count(text, "/"); job.Remaining() != toErase || job.Summary() != want {
			t.Errorf("%d remaining, %+v", job.Remaining(), job.Summary())
		}
	}
}

func TestScanThatFails(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Scan(canceled, textSource("c1\n"), Format{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	broken := errors.New("broken")
	for name, source := range map[string]Source{
		"opening": func() (io.Reader, error) { return nil, broken },
		"reading": func() (io.Reader, error) { return iotest.ErrReader(broken), nil },
	} {
		if _, err := Scan(t.Context(), source, Format{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
