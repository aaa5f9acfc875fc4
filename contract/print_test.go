package contract

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// What may be printed is a list. Anything else may be somebody's key or name.
func TestOnlyKnownWordsArePrinted(t *testing.T) {
	t.Parallel()
	for _, unknown := range []string{"jane.doe@example.com", first.PrivateSecretKey, "5551234", "X", ""} {
		for name, got := range map[string]string{
			"method": methodName(unknown), "media type": mediaName(unknown), "code": codeName(unknown),
		} {
			if unknown != "" && strings.Contains(got, unknown) || got == "" {
				t.Errorf("%s %q is printed as %q", name, unknown, got)
			}
		}
	}
	for known, got := range map[string]string{
		"PATCH": methodName("PATCH"), "text/html": mediaName("text/html"),
		"INTERNAL_ERROR": codeName("INTERNAL_ERROR"), "CUSTOMER_NOT_FOUND": codeName("CUSTOMER_NOT_FOUND"),
	} {
		if got != known {
			t.Errorf("%q is printed as %q", known, got)
		}
	}
	if got := codeName(""); got != "no code" {
		t.Errorf("no code is printed as %q", got)
	}
}

func TestHarmlessWordsAreHarmless(t *testing.T) {
	t.Parallel()
	for _, w := range harmlessWords {
		if len(w) > 16 || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '_' }) {
			t.Errorf("%q is no common word", w)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	j := judgement{words: map[string]bool{"code": true}}
	for want, path := range map[string][]string{
		"response body":                nil,
		"response body /code":          {"code"},
		"response body /code/0/12/999": {"code", "0", "12", "999"},
		"response body /(key)/code":    {"1000", "code"},
		"response body /(key)":         {"jane"},
		"response body /(key)/(key)":   {"-1", ""},
	} {
		if got := j.place(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestOrList(t *testing.T) {
	t.Parallel()
	for want, items := range map[string][]int{"": nil, "1": {1}, "1 or 2": {1, 2}, "1, 2 or 3": {1, 2, 3}} {
		if got := orList(items); got != want {
			t.Errorf("%v: got %q, want %q", items, got, want)
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

func TestHeaderValues(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Account-Code": {" a "}, "x-account-code": {"b\t"}, "X-Account-Codes": {"c"}, "X_account_code": {"d"}}
	got := headerValues(h, accountHeader)
	slices.Sort(got)
	if want := []string{"a", "b"}; !slices.Equal(got, want) {
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
	a, b := Violation{Rule: RuleStatus}, Violation{Rule: RuleSchema}
	if got := dedupe([]Violation{a, b, a, a}); !slices.Equal(got, []Violation{a, b}) {
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
