// Package wiretest tests that every package of this project judges customer ids
// alike. Internal to this module; no compatibility promise.
package wiretest

import (
	"strings"
	"testing"
)

// CustomerID is a text and whether it is a customer id.
type CustomerID struct {
	Name, ID string
	OK       bool
}

// CustomerIDs are texts on both sides of each boundary of the rule.
var CustomerIDs = []CustomerID{
	{"UUID", "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", true},
	{"UpperCase", "8D0D2B0C-52A3-4C0E-9B65-6AB1D0EC8A1D", true},
	{"Shortest", "a", true},
	{"Longest", strings.Repeat("a", 64), true},
	{"Unreserved", "Az09-._~", true},
	{"Namespaced", "acme:user:42", true},
	{"Base64URL", "dXNlcjox_-4Mg==", true},
	{"LeadingDots", "..a", true},
	{"ThreeDots", "...", true},
	{"Extension", "a.json", true},

	{"Empty", "", false},
	{"Dot", ".", false},
	{"DotDot", "..", false},
	{"TooLong", strings.Repeat("a", 65), false},
	{"MuchTooLong", strings.Repeat("a", 1000), false},
	{"Slash", "a/b", false},
	{"Backslash", `a\b`, false},
	{"Percent", "100%", false},
	{"EncodedDots", "%2e%2e", false},
	{"Question", "a?b", false},
	{"Hash", "a#b", false},
	{"Semicolon", "a;b", false},
	{"DotDotParameter", "..;", false},
	{"Plus", "a+b", false},
	{"Comma", "a,b", false},
	{"SingleQuote", "a'b", false},
	{"DoubleQuote", `a"b`, false},
	{"Backquote", "a`b", false},
	{"Address", "ada@example.com", false},
	{"Bracket", "a[0]", false},
	{"Brace", `{"id":"a"}`, false},
	{"Parenthesis", "(a)", false},
	{"AngleBracket", "<script>", false},
	{"Ampersand", "a&b", false},
	{"Dollar", "${a}", false},
	{"Asterisk", "*", false},
	{"Exclamation", "a!", false},
	{"Pipe", "a|b", false},
	{"Caret", "a^b", false},
	{"LeadingSpace", " a", false},
	{"InnerSpace", "a b", false},
	{"TrailingSpace", "a ", false},
	{"OnlySpace", " ", false},
	{"Tab", "a\tb", false},
	{"TrailingNewline", "a\n", false},
	{"InnerNewline", "a\nb", false},
	{"CarriageReturn", "a\r", false},
	{"NUL", "a\x00b", false},
	{"DEL", "a\x7fb", false},
	{"C1Control", "a\u0085b", false},
	{"NoBreakSpace", "a\u00a0b", false},
	{"SoftHyphen", "a\u00adb", false},
	{"ZeroWidthSpace", "a\u200bb", false},
	{"ByteOrderMark", "\ufeffa", false},
	{"BidiOverride", "a\u202eb", false},
	{"LineSeparator", "a\u2028b", false},
	{"ParagraphSeparator", "a\u2029b", false},
	{"VariationSelector", "a\ufe0f", false},
	{"ReplacementCharacter", "a\ufffdb", false},
	{"Noncharacter", "a\ufffe", false},
	{"NotUTF8", "a\xff", false},
	{"Accent", "Zoé", false},
	{"CombiningAccent", "Zoe\u0301", false},
	{"OtherScript", "клиент", false},
	{"TwoDotLeader", "\u2025", false},
	{"FullWidthDots", "\uff0e\uff0e", false},
	{"FullWidthSlash", "a\uff0fb", false},
	{"FullWidthLetter", "\uff41", false},
	{"Emoji", "\U0001f600", false},
}

// TestCustomerIDs runs accepts for each of [CustomerIDs]. accepts reports whether
// the package under test accepts an id where it sends, stores or lists it.
func TestCustomerIDs(t *testing.T, accepts func(t *testing.T, id string) bool) {
	t.Helper()
	for _, tc := range CustomerIDs {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			if got := accepts(t, tc.ID); got != tc.OK {
				t.Errorf("%q: accepted is %v, want %v", tc.ID, got, tc.OK)
			}
		})
	}
}
