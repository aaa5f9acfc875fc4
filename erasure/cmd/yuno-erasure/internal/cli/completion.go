package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// completionCommand prints a shell script, so it has no --json.
type completionCommand struct {
	Shell string `arg:"" help:"The name of the shell you are using" enum:"bash,zsh,fish," default:""`
	Code  bool   `short:"c" help:"Generate the initialization code"`
}

// Help is shown by completion --help.
func (completionCommand) Help() string {
	return `Prints the line that makes a shell complete commands, flags, file names and the names of profiles and connections, and where to put it; -c prints the code that this line runs. Without a shell's name, it is for your login shell. The output is code for a shell, so there is no --json.

Examples:

  yuno-erasure completion bash
  source <(yuno-erasure completion -c bash)
  yuno-erasure completion fish`
}

// shell says how one shell is told to ask this program for completions: it runs the program with
// the line in COMP_LINE (see [completeLine]), and completes file names if nothing is printed.
type shell struct {
	code    string              // with what runs the program as %s
	program func(string) string // writes the path of the program for the code
	line    string              // runs the code
	startup string              // the file that the line belongs in
}

var shells = map[string]shell{
	"bash": {
		code:    "complete -o default -o bashdefault -C %s yuno-erasure\n",
		program: func(path string) string { return quoted(quoted(path)) }, // -C evaluates its value
		line:    "source <(yuno-erasure completion -c bash)",
		startup: "~/.bashrc",
	},
	"zsh": {
		code: "autoload -U +X bashcompinit && bashcompinit\n" +
			"complete -o default -o bashdefault -C %s yuno-erasure\n",
		program: func(path string) string { return quoted(quoted(path)) }, // -C evaluates its value
		line:    "source <(yuno-erasure completion -c zsh)",
		startup: "~/.zshrc",
	},
	// fish completes no file names by itself beside those of a function.
	"fish": {
		code: `function __complete_yuno_erasure
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct)
    and set COMP_LINE "$COMP_LINE "
    set -l found (%s)
    if test (count $found) -gt 0
        string join \n -- $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -f -c yuno-erasure -a "(__complete_yuno_erasure)"
`,
		program: quoted,
		line:    "yuno-erasure completion -c fish | source",
		startup: "~/.config/fish/config.fish",
	},
}

// Run prints the code of a shell, or how to use it.
func (c completionCommand) Run(stdout io.Writer) error {
	name := c.Shell
	if name == "" {
		name = filepath.Base(os.Getenv("SHELL"))
	}
	shell, ok := shells[name]
	if !ok {
		return command.NewUsageError("which shell? It is not in SHELL, or not one of bash, zsh and fish", "yuno-erasure completion bash")
	}
	if !c.Code {
		_, err := fmt.Fprintf(stdout, "This line completes commands and flags of yuno-erasure in %s:\n\n    %s\n\nIt lasts as long as the shell. To have it in every shell, put it into %s.\n", name, shell.line, shell.startup)
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the path of this program: %w", err)
	}
	_, err = fmt.Fprintf(stdout, shell.code, shell.program(program))
	return err
}

// quoted returns a word as bash, zsh and fish read it.
func quoted(word string) string {
	if !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`'"\$&|;<>(){}[]*?!~#^`+"`", r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
