package sqlstore

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	var ids []string
	for range 1000 {
		id := newID(at)
		if !form.MatchString(id) {
			t.Fatalf("%s is not a UUID of version 7", id)
		}
		ids = append(ids, id)
		at = at.Add(time.Millisecond)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
	// The example in RFC 9562, appendix A.6, has the same time and so the same first half.
	example := time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)
	if got, want := newID(example)[:13], "017f22e2-79b0"; got != want {
		t.Errorf("got %s…, want %s…", got, want)
	}
	if one, two := newID(example), newID(example); one == two {
		t.Error("two ids are equal")
	}
}

func TestTuples(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rows, width int
		want        string
	}{{1, 1, "($1)"}, {1, 3, "($1,$2,$3)"}, {3, 2, "($1,$2),($3,$4),($5,$6)"}} {
		if got := tuples(test.rows, test.width); got != test.want {
			t.Errorf("%d by %d: got %s, want %s", test.rows, test.width, got, test.want)
		}
	}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	got := joined([]statement{
		{"UPDATE a SET x = $2 WHERE id = $1", []any{"id", 1}},
		{"INSERT INTO b VALUES ($1,$2)", []any{"b", nil}},
		{"DELETE FROM c WHERE id = $1 OR id = $12$1", []any{"c"}},
	})
	const want = "WITH change0 AS (UPDATE a SET x = $2 WHERE id = $1)\n, change1 AS (INSERT INTO b VALUES ($3,$4))\n" +
		"DELETE FROM c WHERE id = $5 OR id = $16$5"
	if got.text != want || !slices.Equal(got.args, []any{"id", 1, "b", nil, "c"}) {
		t.Errorf("got %q with %v, want %q", got.text, got.args, want)
	}
	if got := joined([]statement{{"SELECT $1", []any{1}}}); got.text != "SELECT $1" {
		t.Errorf("one: %q", got.text)
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	for _, want := range []time.Time{{}, time.UnixMicro(1), time.UnixMicro(0), time.Date(2026, 1, 2, 3, 4, 5, 6789, zone)} {
		got := time.Now()
		if err := (stamp{&got}).Scan(micros(want)); err != nil {
			t.Fatal(err)
		}
		if want = want.Truncate(time.Microsecond); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("got %v, want %v in UTC", got, want)
		}
	}
	if err := (stamp{new(time.Time)}).Scan("yesterday"); err == nil {
		t.Error("text was scanned into a time")
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": true, "é\n": true, "a\x00": false, "\xff": false, "\xed\xa0\x80": false} {
		if got := storable("fine", text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// Places are authenticated together with stored ciphertext, so they must never change.
func TestPlacesAreStable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want seal.Place }{
		{customerKey("a", "c"), seal.Place{"customers", "a", "c", "key"}},
		{customerPersonal("a", "c"), seal.Place{"customers", "a", "c", "personal"}},
		{customerLinks("a", "c"), seal.Place{"customers", "a", "c", "links"}},
		{customerMerchant("a"), seal.Place{"customers", "a", "merchant_mac"}},
		{targetKey("t"), seal.Place{"targets", "t", "key"}},
		{targetRefs("t"), seal.Place{"targets", "t", "refs"}},
		{checkKey(), seal.Place{"key_checks", "key"}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestExplainKeepsOtherErrors(t *testing.T) {
	t.Parallel()
	if other := errors.New("other"); explain(other) != other || explain(nil) != nil {
		t.Error("an error that is not SQLite's was changed")
	}
}

func TestRewrapCountsUnopenedRows(t *testing.T) {
	t.Parallel()
	var n rewrapped
	broken := errors.New("broken")
	for _, step := range []struct {
		changed   bool
		err, want error
	}{
		{true, nil, nil}, {false, nil, nil}, {false, unreadable(broken), nil}, {true, unreadable(broken), nil},
		{false, &erasure.KeyMissingError{}, nil}, {false, broken, broken},
	} {
		if err := n.count("row", step.changed, step.err); !errors.Is(err, step.want) {
			t.Errorf("got %v, want %v", err, step.want)
		}
	}
	if want := (rewrapped{seen: 6, changed: 2, unopened: []string{"row", "row", "row"}}); !reflect.DeepEqual(n, want) {
		t.Errorf("got %+v, want %+v", n, want)
	}
}
