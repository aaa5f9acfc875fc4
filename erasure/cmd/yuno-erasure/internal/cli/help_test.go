package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/golden"
)

// newParser returns the command's parser.
func newParser(t *testing.T, commands *root) *kong.Kong {
	t.Helper()
	parser, err := kong.New(commands, kong.Name("yuno-erasure"), helpVars(), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// forEach calls visit for a command and everything below it, with the arguments that
// call it.
func forEach(node *kong.Node, args []string, visit func(node *kong.Node, args []string)) {
	visit(node, args)
	for _, child := range node.Children {
		forEach(child, append(args[:len(args):len(args)], child.Name), visit)
	}
}

// The help of every command is what testdata/help contains.
func TestHelp(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the golden files contain Linux's path of the profiles file")
	}
	t.Setenv("HOME", "/home/you")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("COLUMNS", "100")
	forEach(newParser(t, &root{}).Model.Node, nil, func(_ *kong.Node, args []string) {
		name := strings.Join(append([]string{"yuno-erasure"}, args...), "-")
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, append(args, "--help")...)
			if status != command.ExitOK || stderr != "" {
				t.Fatalf("exit status %d, stderr %q", status, stderr)
			}
			golden.Compare(t, filepath.Join("testdata", "help", name+".txt"), stdout)
		})
	})
}

var (
	exampleLine = regexp.MustCompile(`(?m)^  (yuno-erasure .+)$`)
	exampleWord = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

// The help of every command shows examples of it, and the parser accepts each of them.
func TestExamples(t *testing.T) {
	t.Chdir(t.TempDir())
	forEach(newParser(t, &root{}).Model.Node, []string{"yuno-erasure"}, func(node *kong.Node, args []string) {
		if len(node.Children) > 0 {
			return // its help lists them
		}
		name := strings.Join(args, " ")
		examples := exampleLine.FindAllStringSubmatch(node.Detail, -1)
		if len(examples) == 0 {
			t.Errorf("%s --help shows no example", name)
		}
		for _, example := range examples {
			line := example[1]
			if !strings.HasPrefix(line+" ", name+" ") {
				t.Errorf("%s --help: %q is about another command", name, line)
			}
			words := exampleWord.FindAllString(line, -1)[1:]
			for i, word := range words {
				words[i] = strings.Trim(word, `"'`)
				switch filepath.Ext(words[i]) {
				case ".yaml", ".pem", ".json", ".jsonl", ".txt", ".csv": // named files have to exist
					words[i] = filepath.Base(words[i])
					if err := os.WriteFile(words[i], []byte("serve:\n  rate: 5\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := newParser(t, &root{}).Parse(words); err != nil {
				t.Errorf("%s --help: %q: %v", name, line, err)
			}
		}
	})
}
