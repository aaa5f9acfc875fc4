package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// whyInvalid says what is wrong with a text that is not one JSON value.
func whyInvalid(body []byte) (Rule, string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	var first json.RawMessage
	switch err := decoder.Decode(&first); {
	case err == nil:
		return RuleJSONTrailing, "more after the first JSON value"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return RuleJSON, "JSON that is cut short"
	default:
		return RuleJSON, "text that is not JSON"
	}
}

// place returns the JSON pointer of a place in a body. It omits keys that are neither
// documented nor harmless, because a key may be an e-mail address.
func (j *judgement) place(path []string) string {
	var b strings.Builder
	b.WriteString("response body")
	for i, key := range path {
		if i == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte('/')
		if j.c.doc.words[key] || isIndex(key) {
			b.WriteString(key)
		} else {
			b.WriteString("(key)")
		}
	}
	return b.String()
}

// isIndex accepts at most three digits: a longer number used as a key may be a telephone
// number.
func isIndex(key string) bool {
	_, err := strconv.ParseUint(key, 10, 16)
	return err == nil && len(key) <= 3
}

// undocumented names keys, as far as they may be printed.
func (j *judgement) undocumented(keys []string) string {
	var names []string
	others := 0
	for _, key := range keys {
		if j.c.doc.words[key] || j.c.doc.words[strings.ToLower(key)] { // wrong case
			names = append(names, strconv.Quote(key))
			continue
		}
		others++
	}
	if others > 0 {
		names = append(names, fmt.Sprintf("%d not shown, because a key may be personal data", others))
	}
	return "undocumented keys: " + strings.Join(names, ", ")
}
