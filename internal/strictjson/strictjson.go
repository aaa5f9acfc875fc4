// Package strictjson finds what encoding/json accepts in silence: duplicate keys, of
// which it takes the last, and text that is not Unicode, which it replaces by U+FFFD.
// Other parsers take the first key, or fail, so such a text has no one meaning (RFC
// 8259, sections 4 and 8).
//
// It imports the standard library only. Internal to this module; no compatibility
// promise.
package strictjson

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Kind is what is wrong with a place.
type Kind string

// The kinds. Their texts are predicates, for the caller to put the place in front.
const (
	// Duplicate: the object has the same key before.
	Duplicate Kind = "is duplicated"
	// NotUTF8: a string or a key contains a byte that is not valid UTF-8.
	NotUTF8 Kind = "is not valid UTF-8"
	// LoneSurrogate: a string or a key contains half of a pair of escapes that stand
	// for one character, such as \ud83d without \ude00.
	LoneSurrogate Kind = "contains half of a surrogate pair"
)

// Problem is one thing that encoding/json would accept in silence.
type Problem struct {
	// Path are the keys and the indices that lead to the place. A key may be personal
	// data.
	Path []string
	// Offset is where the key or value begins, in bytes from 0.
	Offset int
	Kind   Kind
}

// Find returns the first problems of a text, at most limit, in the order of the text.
// The text must be valid JSON ([json.Valid]).
func Find(text []byte, limit int) []Problem {
	s := scanner{text: text, limit: limit}
	s.value()
	return s.problems
}

// scanner walks a valid text, so it does not look for errors of syntax.
type scanner struct {
	text     []byte
	at       int
	path     []string
	limit    int
	problems []Problem
}

func (s *scanner) report(kind Kind, at int) {
	if len(s.problems) < s.limit {
		s.problems = append(s.problems, Problem{append([]string(nil), s.path...), at, kind})
	}
}

// next skips white space and separators, and returns the character that follows.
func (s *scanner) next() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) value() {
	switch s.next() {
	case '{':
		s.object()
	case '[':
		s.array()
	case '"':
		s.check(s.quoted())
	default: // a number, true, false or null
		for s.at < len(s.text) && bytes.IndexByte([]byte(" \t\r\n,]}"), s.text[s.at]) < 0 {
			s.at++
		}
	}
}

func (s *scanner) object() {
	s.at++
	seen := map[string]bool{}
	for s.next() == '"' {
		begin := s.at
		key := s.quoted()
		name := decode(key)
		s.path = append(s.path, name)
		s.check(key)
		if seen[name] {
			s.report(Duplicate, begin)
		}
		seen[name] = true
		s.value()
		s.path = s.path[:len(s.path)-1]
	}
	s.at++ // '}'
}

func (s *scanner) array() {
	s.at++
	for i := 0; s.next() != ']' && s.at < len(s.text); i++ {
		s.path = append(s.path, strconv.Itoa(i))
		s.value()
		s.path = s.path[:len(s.path)-1]
	}
	s.at++ // ']'
}

// quoted returns the string that begins here, with its quotes.
func (s *scanner) quoted() []byte {
	begin := s.at
	for s.at++; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at = min(s.at+1, len(s.text))
	return s.text[begin:s.at]
}

// check reports what is wrong with the string that was just read.
func (s *scanner) check(quoted []byte) {
	begin := s.at - len(quoted)
	if !utf8.Valid(quoted) {
		s.report(NotUTF8, begin)
	}
	if hasLoneSurrogate(quoted) {
		s.report(LoneSurrogate, begin)
	}
}

// hasLoneSurrogate reports whether a string has the escape of a surrogate that is not
// part of a pair: the high one first, and the low one directly after it.
func hasLoneSurrogate(quoted []byte) bool {
	high := false // the escape before was a high surrogate
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			if high {
				return true
			}
			continue
		}
		i++
		unit := rune(0)
		if quoted[i] == 'u' {
			n, _ := strconv.ParseUint(string(quoted[i+1:i+5]), 16, 16)
			unit, i = rune(n), i+4
		}
		low := unit >= 0xdc00 && unit <= 0xdfff
		if high != low {
			return true
		}
		high = unit >= 0xd800 && unit <= 0xdbff
	}
	return high // never: a string ends with a quote
}

// decode returns what encoding/json takes a string for: keys that are equal to it are
// duplicates.
func decode(quoted []byte) string {
	var text string
	_ = json.Unmarshal(quoted, &text) // cannot fail: the string is valid
	return text
}
