package wire_test

import (
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

func TestCheckCustomerID(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(_ *testing.T, id string) bool { return wire.CheckCustomerID(id) == nil })
}

// Every byte is judged, alone and between others.
func TestCheckCustomerIDByBytes(t *testing.T) {
	t.Parallel()
	const accepted = "-.0123456789:=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
	for c := range 256 {
		id := "a" + string([]byte{byte(c)}) + "b"
		if got, want := wire.CheckCustomerID(id) == nil, strings.IndexByte(accepted, byte(c)) >= 0; got != want {
			t.Errorf("byte %#x: accepted is %v, want %v", c, got, want)
		}
	}
}

// An error names the kind of character and its place, and nothing else of the id.
func TestErrorsOfCustomerIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"":                      "is empty",
		"..":                    "is a dot segment",
		strings.Repeat("x", 65): "has 65 characters, more than 64",
		"user-%2e%2e":           "contains a percent sign at byte 5; give the id as it is before URL encoding",
		"ada@example.com":       "contains '@' at byte 3; is this an e-mail address?",
		"ada lovelace":          "contains white space (a space) at byte 3",
		"user\u00a0x":           "contains white space (U+00A0) at byte 4",
		"user\r":                "contains white space (a carriage return) at byte 4; does the file have CRLF line ends?",
		"\ufeffuser":            "contains a byte order mark (U+FEFF) at byte 0; save the file without one",
		"user\ufffd":            "contains a replacement character (U+FFFD) at byte 4; the text was decoded with the wrong encoding",
		"user\u200b":            "contains an invisible character (U+200B) at byte 4",
		"user\x00":              "contains a control character (U+0000) at byte 4",
		"user\u00e9":            "contains a non-ASCII character (U+00E9) at byte 4",
		"user\U0001f600":        "contains a non-ASCII character (U+1F600) at byte 4",
		"user\xff":              "contains a byte that is not valid UTF-8 at byte 4",
		"user$x":                "contains '$' at byte 4",
		"user/x":                "contains a slash at byte 4",
	} {
		err := wire.CheckCustomerID(id)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", id, err, want)
		}
	}
}

func TestMayRepeat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "a/b": true, "../c4": true, "%2e": true, "a;b": true, strings.Repeat("x", 300): true,
		"ada@example.com": false, "a/ada@example.com": false, "ada lovelace": false, "c1,Ada": false, `{"id":"c1"}`: false,
		"'c1'": false, "ada\x01lovelace": false, "Zo\u00e9": false, "a\xff": false, "<a>": false,
	} {
		if got := wire.MayRepeat(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func BenchmarkCheckCustomerID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := wire.CheckCustomerID("8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"); err != nil {
			b.Fatal(err)
		}
	}
}
