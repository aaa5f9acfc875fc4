package cli

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// wordsOfGo are in errors of Go's own packages. They tell a person nothing.
var wordsOfGo = regexp.MustCompile(`strconv|ParseInt|ParseFloat|ParseUint|\bEOF\b|context canceled|context deadline|invalid syntax|time: |net/url|parse "|%!|unmarshal|\bnil\b|\bfloat\b|64 bit`)

// Whatever is given for a number, a time or a choice, the message is one for people.
func TestNoWordsOfGoForBadValues(t *testing.T) {
	t.Parallel()
	forEach(newParser(t, &root{}).Model.Node, nil, func(node *kong.Node, args []string) {
		if len(node.Children) > 0 {
			return
		}
		for _, flag := range node.AllFlags(true) {
			for _, f := range flag {
				switch f.Target.Kind() {
				case reflect.String, reflect.Slice, reflect.Struct, reflect.Map, reflect.Bool: // any value is one, or there is none
					continue
				}
				// One for all values: making it takes most of the time. A parser that has parsed
				// other flags would still count them as given.
				parser := newParser(t, &root{})
				for _, bad := range []string{"x", "", "1e999", "99999999999999999999", "NaN", "-", "0x", "1,5", "é"} {
					// Only parsed: a command that accepts the value must not run.
					_, err := parser.Parse(append(args[:len(args):len(args)], "--"+f.Name+"="+bad))
					if err == nil {
						continue
					}
					if text := parseProblem(err); wordsOfGo.MatchString(text) || strings.Contains(text, "(string)") {
						t.Errorf("%v --%s=%s: %s", args, f.Name, bad, text)
					}
				}
			}
		}
	})
}
