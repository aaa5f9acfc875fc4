package sandbox

import (
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// redactor removes keys from what is recorded. The longest key comes first: if one
// key is the beginning of another, replacing the shorter one first would leave the
// end of the longer one.
type redactor []string

func newRedactor(keys []string) redactor {
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	return keys
}

// text replaces the keys in s. If s contains a key in an unusual percent-encoding, it
// replaces all of s.
func (r redactor) text(s string) string {
	for _, key := range r {
		for _, form := range []string{key, url.QueryEscape(key), url.PathEscape(key)} {
			s = strings.ReplaceAll(s, form, wire.Redacted)
		}
		decoded := percentEncoded.ReplaceAllStringFunc(s, func(code string) string {
			b, _ := hex.DecodeString(code[1:])
			return string(b)
		})
		if strings.Contains(decoded, key) {
			return wire.Redacted
		}
	}
	return s
}

// percentEncoded also decodes text that net/url rejects, such as "100%".
var percentEncoded = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// name replaces the name of a header that contains a key. It ignores case, because
// net/http changes the case of names.
func (r redactor) name(s string) string {
	for _, key := range r {
		if strings.Contains(strings.ToLower(s), strings.ToLower(key)) {
			return wire.Redacted
		}
	}
	return s
}
