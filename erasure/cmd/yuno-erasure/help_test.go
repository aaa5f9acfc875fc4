package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the golden files anew")

// model is the command as the parser sees it.
func model(t *testing.T) *kong.Kong {
	t.Helper()
	var cli commands
	parser, err := kong.New(&cli, kong.Name("yuno-erasure"), kong.Vars{"profiles_file": profilesPath(), "customers_needed": "0"}, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// each calls visit for a command and everything below it, with the arguments that
// call it.
func each(node *kong.Node, args []string, visit func(node *kong.Node, args []string)) {
	visit(node, args)
	for _, child := range node.Children {
		each(child, append(args[:len(args):len(args)], child.Name), visit)
	}
}

// The help of every command is what is in testdata/help.
func TestHelp(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the golden files hold Linux's path of the profiles file")
	}
	each(model(t).Model.Node, nil, func(_ *kong.Node, args []string) {
		if len(args) > 0 && args[0] != "delete" {
			return
		}
		name := strings.Join(append([]string{"yuno-erasure"}, args...), "-")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runProcess(t, t.TempDir(), nil, append(args, "--help")...)
			if code != exitOK || stderr != "" {
				t.Fatalf("exit %d, stderr %q", code, stderr)
			}
			golden := filepath.Join("testdata", "help", name+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(stdout), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v (go test ./cmd/yuno-erasure -run TestHelp -update writes it)", err)
			}
			if stdout != string(want) {
				t.Errorf("the help is not that of %s (go test ./cmd/yuno-erasure -run TestHelp -update writes it anew):\n%s", golden, stdout)
			}
		})
	})
}

var (
	exampleLine = regexp.MustCompile(`(?m)^  (yuno-erasure .+)$`)
	exampleWord = regexp.MustCompile(`"[^"]*"|\S+`)
)

// Every command shows examples of itself, and the parser takes each of them.
func TestExamples(t *testing.T) {
	t.Chdir(t.TempDir())
	each(model(t).Model.Node, []string{"yuno-erasure"}, func(node *kong.Node, args []string) {
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
				words[i] = strings.Trim(word, `"`)
				switch filepath.Ext(words[i]) {
				case ".yaml", ".pem", ".json", ".jsonl", ".txt", ".csv": // named files have to be there
					words[i] = filepath.Base(words[i])
					if err := os.WriteFile(words[i], []byte("serve:\n  rate: 5\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := model(t).Parse(words); err != nil {
				t.Errorf("%s --help: %q: %v", name, line, err)
			}
		}
	})
}
