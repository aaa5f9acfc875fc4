package conformance

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

func TestCases(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Name] {
			t.Errorf("two cases are named %s", c.Name)
		}
		seen[c.Name] = true
		if c.Name == "" || strings.ContainsAny(c.Name, " \t#") || len(c.Why) < 20 {
			t.Errorf("case %q: why %q", c.Name, c.Why)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d cases, want 50 or more", len(seen))
	}
}

func TestNeedsHaveNames(t *testing.T) {
	t.Parallel()
	for n := needsStrict; n <= needsTiming; n <<= 1 {
		if got := n.names(); len(got) != 1 || got[0] == "" {
			t.Errorf("need %b: got names %q", n, got)
		}
	}
	for _, c := range Cases() {
		if c.Name == "customer-of-another-account" && len(c.Needs) != 2 {
			t.Errorf("%s: got needs %q, want two", c.Name, c.Needs)
		}
	}
}

func TestSplitList(t *testing.T) {
	t.Parallel()
	got := splitList([]string{"GET , DELETE", "PUT"})
	if want := []string{"GET", "DELETE", "PUT"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOtherCase(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"aB1": "Ab1", "123": "123x", "ключ": "КЛЮЧ"} {
		if got := otherCase(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

// Closing the connection is as good as refusing a body that is too long.
func TestLargeBodyMayCloseTheConnection(t *testing.T) {
	t.Parallel()
	ref := newReference()
	ref.early = func(_ *reference, r *http.Request) {
		if n, _ := io.CopyN(io.Discard, r.Body, 1<<10); n == 1<<10 {
			panic(http.ErrAbortHandler)
		}
	}
	if r := resultOf(t, mustRun(t, ref.target(), only("body-large")), "body-large"); r.Outcome != Passed {
		t.Errorf("got %s %v", r.Outcome, r.Violations)
	}
	ref.early = func(_ *reference, r *http.Request) {
		if r.ContentLength != 0 {
			panic(http.ErrAbortHandler)
		}
	}
	wantViolation(t, mustRun(t, ref.target(), only("body-json")), "body-json", contract.RuleNoResponse)
}
