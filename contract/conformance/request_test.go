package conformance

import (
	"net/url"
	"testing"
)

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
