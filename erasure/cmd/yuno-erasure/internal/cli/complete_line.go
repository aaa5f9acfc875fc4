package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/bulkdelete"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// completeLine prints what may follow on the line that a shell wants to have completed, one word
// on a line, and reports whether there is such a line: in COMP_LINE, up to the byte COMP_POINT.
// It prints nothing where any value is allowed; the shell then completes the name of a file, which
// it can quote.
func completeLine(parser *kong.Kong, stdout io.Writer) bool {
	text := os.Getenv("COMP_LINE")
	if text == "" {
		return false
	}
	if point, err := strconv.Atoi(os.Getenv("COMP_POINT")); err == nil && point >= 0 && point < len(text) {
		text = text[:point]
	}
	words := strings.Fields(text)
	if strings.TrimRight(text, " \t") != text {
		words = append(words, "")
	}
	if len(words) < 2 {
		return true // the name of this program
	}
	line := line{node: parser.Model.Node, words: words[1:]}
	for _, word := range line.possible() {
		fmt.Fprintln(stdout, word)
	}
	return true
}

// line is a command line that is being typed.
type line struct {
	words []string // without the program's name; the last is not complete

	node  *kong.Node // the command that the complete words select
	help  bool       // it is what help is asked for
	value *kong.Flag // wants a value, which is the next word
	args  int        // how many arguments of the command there are
}

// possible returns what the last word may become.
func (l *line) possible() []string {
	typed := len(l.words) - 1
	for _, word := range l.words[:typed] {
		l.read(word)
	}
	last := l.words[typed]
	var words []string
	flag, value, assigned := strings.Cut(last, "=")
	switch {
	case l.value != nil:
		words = l.values(l.value.Value, l.value.Name)
	case assigned && l.flag(flag) != nil:
		words, last = l.values(l.flag(flag).Value, l.flag(flag).Name), value // shells complete what follows the sign
	case strings.HasPrefix(last, "-"):
		words = l.flags()
	default:
		words = l.commands()
		if l.args < len(l.node.Positional) && !l.help {
			arg := l.node.Positional[l.args]
			words = append(words, l.values(arg, arg.Name)...)
		}
	}
	words = slices.DeleteFunc(words, func(word string) bool { return !strings.HasPrefix(word, last) })
	slices.Sort(words)
	return slices.Compact(words)
}

// read takes in a complete word.
func (l *line) read(word string) {
	if l.value != nil {
		l.value = nil
		return
	}
	if strings.HasPrefix(word, "-") {
		if flag := l.flag(word); flag != nil && !flag.IsBool() {
			l.value = flag
		}
		return
	}
	child := slices.IndexFunc(l.node.Children, func(n *kong.Node) bool { return n.Name == word })
	switch {
	case child < 0:
		l.args++
	case l.node.Parent == nil && !l.help && word == "help":
		l.help = true
	default:
		l.node = l.node.Children[child]
	}
}

// flag returns the flag with the name, as it is typed; nil if there is none.
func (l *line) flag(typed string) *kong.Flag {
	for node := l.node; node != nil; node = node.Parent {
		for _, flag := range node.Flags {
			if typed == "--"+flag.Name || flag.Short != 0 && typed == "-"+string(flag.Short) {
				return flag
			}
		}
	}
	return nil
}

// flags returns the flags of the command and of those it belongs to.
func (l *line) flags() []string {
	var names []string
	for node := l.node; node != nil; node = node.Parent {
		for _, flag := range node.Flags {
			if flag.Hidden {
				continue
			}
			names = append(names, "--"+flag.Name)
			if flag.Short != 0 {
				names = append(names, "-"+string(flag.Short))
			}
		}
	}
	return names
}

func (l *line) commands() []string {
	var names []string
	for _, child := range l.node.Children {
		if !child.Hidden && (!l.help || child.Name != "help") {
			names = append(names, child.Name)
		}
	}
	return names
}

// values returns what a flag or an argument can be; nothing if that is not a small set.
func (l *line) values(value *kong.Value, name string) []string {
	switch {
	case value.Enum != "":
		values := slices.Collect(maps.Keys(value.EnumMap()))
		return slices.DeleteFunc(values, func(s string) bool { return s == "" })
	case name == "profile":
		return bulkdelete.ProfileNames()
	case name == "provider", name == "name" && l.node.Parent != nil && l.node.Parent.Name == "providers":
		return l.connections()
	}
	return nil
}

// connections returns the names in the file of --providers or its variable.
func (l *line) connections() []string {
	file := os.Getenv("YUNO_ERASURE_PROVIDERS")
	for i, word := range l.words {
		if name, given, ok := strings.Cut(word, "="); ok && name == "--providers" {
			file = given
		} else if word == "--providers" && i+1 < len(l.words)-1 {
			file = l.words[i+1]
		}
	}
	names, err := provider.Names(file)
	if err != nil {
		return nil // a mistake is reported when the command runs
	}
	return names
}
