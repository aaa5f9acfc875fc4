package contract

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Words outside the lists may be secrets or personal data.
func TestOnlyKnownWordsArePrinted(t *testing.T) {
	t.Parallel()
	for _, unknown := range []string{"jane.doe@example.com", first.secretKey, "5551234", "X", ""} {
		for name, got := range map[string]string{
			"method": methodName(unknown), "media type": mediaName(unknown),
		} {
			if unknown != "" && strings.Contains(got, unknown) || got == "" {
				t.Errorf("%s %q is printed as %q", name, unknown, got)
			}
		}
	}
	for known, got := range map[string]string{
		"PATCH": methodName("PATCH"), "text/html": mediaName("text/html"),
	} {
		if got != known {
			t.Errorf("%q is printed as %q", known, got)
		}
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
	j := judgement{c: &Checker{doc: &document{words: map[string]bool{"code": true}}}}
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

func TestCanonicalHeader(t *testing.T) {
	t.Parallel()
	h := canonicalHeader(http.Header{"X-Account-Code": {" a "}, "x-account-code": {"b\t"}, "X-Account-Codes": {"c"}, "X_account_code": {"d"}})
	got := h[accountHeader]
	slices.Sort(got)
	if want := []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
