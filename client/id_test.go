package client

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCheckID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, id string
		ok       bool
	}{
		{"UUID", "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", true},
		{"MerchantID", "user_42@example.com", true},
		{"Letters", "Zoë", true},
		{"InnerSpace", "a b", true},
		{"DotsAndMore", "..a", true},
		{"ThreeDots", "...", true},
		{"Longest", strings.Repeat("a", 255), true},
		{"Empty", "", false},
		{"Dot", ".", false},
		{"DotDot", "..", false},
		{"TooLong", strings.Repeat("a", 256), false},
		{"TooLongInBytes", strings.Repeat("é", 128), false},
		{"NotUTF8", "a\xff", false},
		{"Slash", "a/b", false},
		{"Backslash", `a\b`, false},
		{"Percent", "%2e%2e", false},
		{"Question", "a?b", false},
		{"Hash", "a#b", false},
		{"MatrixParameter", "a;b=c", false},
		{"DotDotMatrix", "..;", false},
		{"ZeroWidthSpace", "a\u200bb", false},
		{"ByteOrderMark", "\ufeffa", false},
		{"BidiOverride", "a\u202eb", false},
		{"SoftHyphen", "a\u00adb", false},
		{"LineSeparator", "a\u2028b", false},
		{"ParagraphSeparator", "a\u2029b", false},
		{"NUL", "a\x00b", false},
		{"InnerNewline", "a\nb", false},
		{"DEL", "a\x7fb", false},
		{"C1Control", "a\u0085b", false},
		{"LeadingSpace", " a", false},
		{"TrailingNewline", "a\n", false},
		{"OnlySpace", " ", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := checkID(tc.id)
			if (err == nil) != tc.ok {
				t.Fatalf("got %v, want ok = %v", err, tc.ok)
			}
			if err != nil && !errors.Is(err, ErrInvalidArgument) {
				t.Errorf("got %v, want ErrInvalidArgument", err)
			}
			if len(tc.id) > 2 && err != nil && strings.Contains(err.Error(), tc.id) {
				t.Errorf("%v echoes the id", err)
			}
		})
	}
}

func invisible(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// An id that is accepted stays one path segment under any number of decodings,
// as proxies do them.
func FuzzCustomerID(f *testing.F) {
	for _, id := range []string{"8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", "", ".", "..", "a/b", "%2e%2e", "..%2f", "é", "\xff", " a", "a;b=c", "..;", "\u200b..", "a+b", "a:b", "\u2028", "．．"} {
		f.Add(id)
	}
	tmpl, err := newTemplate("https://api.example.com/v1", "code", "agent")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if err := checkID(id); err != nil {
			if !errors.Is(err, ErrInvalidArgument) {
				t.Errorf("got %v, want ErrInvalidArgument", err)
			}
			return
		}
		if !utf8.ValidString(id) || len(id) > 255 || strings.ContainsFunc(id, invisible) {
			t.Errorf("%q was accepted", id)
		}
		req := tmpl.request(id)
		raw := req.URL.EscapedPath()
		for range 3 {
			segments := strings.Split(raw, "/")
			if len(segments) != 4 || segments[1] != "v1" || segments[2] != "customers" {
				t.Fatalf("%q became path %q", id, raw)
			}
			if last, _, _ := strings.Cut(segments[3], ";"); last == "" || last == "." || last == ".." {
				t.Fatalf("%q became segment %q", id, last)
			}
			decoded, err := url.PathUnescape(raw)
			if err != nil {
				break // cannot be decoded further
			}
			raw = decoded
		}
		sameAsGenerated(t, tmpl, id)
	})
}
