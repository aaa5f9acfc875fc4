package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// helpCommand is listed and completed. What it does is done by [withoutAliases].
type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command, as it is called."`
}

// Help is shown by help --help.
func (helpCommand) Help() string {
	return `Shows what a command does, its flags and examples, as its flag --help does.

Examples:

  yuno-erasure help
  yuno-erasure help delete
  yuno-erasure help erasures list`
}

// withoutAliases replaces what people type in place of a command's own flags: help COMMAND
// by COMMAND --help, and --version by version.
func withoutAliases(app *kong.Node, args []string) ([]string, error) {
	switch {
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}, nil
	case len(args) == 0 || args[0] != "help" || slices.ContainsFunc(args[1:], asksForHelp):
		return args, nil
	}
	node := app
	for _, name := range args[1:] {
		child := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == name })
		if child < 0 {
			return nil, command.NewUsageError("there is no command "+strings.Join(args[1:], " "), strings.TrimSpace("yuno-erasure help "+path(node)))
		}
		node = node.Children[child]
	}
	return append(args[1:len(args):len(args)], "--help"), nil
}

func asksForHelp(arg string) bool { return arg == "--help" || arg == "-h" }

// path is what selects a command, without the program's name.
func path(node *kong.Node) string { return strings.TrimPrefix(node.Path(), " ") }
