package conformance

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

// Codes outside the list may be anything, so they are not printed.
func TestOnlyKnownCodesArePrinted(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"INTERNAL_ERROR": "INTERNAL_ERROR", "CUSTOMER_NOT_FOUND": "CUSTOMER_NOT_FOUND", "": "no code",
		"jane.doe@example.com": "another code", first.PrivateSecretKey: "another code", "5551234": "another code", "X": "another code",
	} {
		if got := codeName(code); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"c1": "c1", "a-b._~": "a-b._~", "a b": "a%20b", "a+b": "a%2Bb", "a/b": "a%2Fb", "%": "%25", "é": "%C3%A9", "\x00": "%00", "?#;": "%3F%23%3B",
	} {
		got := escape(id)
		if got != want {
			t.Errorf("%q: got %s, want %s", id, got, want)
		}
		if back, err := url.PathUnescape(got); err != nil || back != id {
			t.Errorf("%q comes back as %q, error %v", id, back, err)
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

func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		id := unknownID()
		if !uuidForm.MatchString(id) || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || seen[id] {
			t.Errorf("%s is no new UUID of version 4", id)
		}
		seen[id] = true
	}
}

func TestDedupe(t *testing.T) {
	t.Parallel()
	a, b := contract.Violation{Rule: contract.RuleStatus}, contract.Violation{Rule: contract.RuleSchema}
	if got := dedupe([]contract.Violation{a, b, a, a}); !slices.Equal(got, []contract.Violation{a, b}) {
		t.Errorf("got %v", got)
	}
}

// What a case needs is said for every need there is.
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
