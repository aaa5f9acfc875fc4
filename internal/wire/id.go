package wire

import (
	"errors"
	"fmt"
)

// MaxCustomerID is the greatest length of a customer id. Yuno documents 36 to 64
// characters ("The Customer Object"), and every example is a UUID.
const MaxCustomerID = 64

// customerIDBytes are RFC 3986's unreserved characters, and ":" and "=".
var customerIDBytes = setOf(letters + digits + "-._~" + ":=")

// CheckCustomerID returns why id is not a customer id, or nil. The text is a
// predicate ("is empty", "contains a slash at byte 3"), for the caller to put the
// name of the field in front. It never repeats the id, which identifies a person;
// at most it shows one character.
//
// The rule is the same for every id that this module sends, stores or reads from
// a list. An erasure that reaches the wrong path cannot be undone, so an id
// contains only characters that no hop may encode, decode or interpret:
//
//	accepted: 1 to 64 of      reason
//	A-Z a-z 0-9 - . _ ~       RFC 3986 unreserved: the only characters that
//	                          mean the same encoded and plain on every hop
//	:                         namespaced ids (acme:42); no meaning inside a
//	                          path segment
//	=                         base64url padding; no meaning inside a path
//	                          segment without ";"
//
//	rejected                  reason
//	. and ..                  dot segments: the collection and its parent
//	/ \                       path separators; proxies decode %2F and split
//	%                         decoded once more by some hops (%2e%2e)
//	? #                       end the path
//	;                         begins a parameter that some servers cut off,
//	                          so that "..;" is ".." to them
//	+                         a space to form decoders
//	, ' " ` [ ] { } ( ) < >   a record (CSV, JSON) taken for an id
//	@                         an e-mail address taken for an id
//	other ASCII punctuation   reserved or unsafe in URLs; in no known id
//	white space               trimmed by some hops; a name taken for an id
//	control characters        forge log lines; cut strings short
//	beyond ASCII              two ids become one by Unicode normalization or
//	                          case folding in a database or hop; invisible
//	                          characters (byte order mark, zero width space)
//	                          and look-alikes of dots and slashes pass
//	                          unnoticed; U+FFFD marks text that was already
//	                          damaged
//	more than 64 characters   no customer of Yuno has such an id
func CheckCustomerID(id string) error {
	for i := range len(id) {
		if !customerIDBytes[id[i]] {
			return errors.New(containsAt(id, i))
		}
	}
	switch {
	case id == "":
		return errEmpty
	case len(id) > MaxCustomerID:
		return fmt.Errorf("has %d characters, more than %d", len(id), MaxCustomerID)
	case id == "." || id == "..":
		return errDotSegment
	}
	return nil
}

var (
	errEmpty      = errors.New("is empty")
	errDotSegment = errors.New("is a dot segment")
)

// MayRepeat reports whether a text that [CheckCustomerID] rejects may be repeated,
// for example in a report, for the user to find it: it is visible ASCII and contains
// none of the characters that records, names and e-mail addresses consist of. Any
// other text may be personal data.
func MayRepeat(text string) bool {
	for i := range len(text) {
		if !repeatableBytes[text[i]] {
			return false
		}
	}
	return true
}

var repeatableBytes = setOf(letters + digits + "-._~:=" + `/\%?#;+*$&!|^`)
