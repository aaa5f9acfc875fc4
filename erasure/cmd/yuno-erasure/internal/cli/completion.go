package cli

import (
	"io"
	"maps"
	"os"
	"slices"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/bulkdelete"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// completionCommand prints a shell script, so it has no --json.
type completionCommand struct{ kongcompletion.Completion }

// Help is shown by completion --help.
func (completionCommand) Help() string {
	return `Prints the line that makes a shell complete commands, flags, file names and the names of profiles and connections, and where to put it; -c prints the code that this line runs. Without a shell's name, it is for your login shell. The output is code for a shell, so there is no --json.

Examples:

  yuno-erasure completion bash
  source <(yuno-erasure completion -c bash)
  yuno-erasure completion fish`
}

// completeLine prints what may follow on the line that a shell wants to have completed, and
// reports whether there is such a line.
func completeLine(parser *kong.Kong, stdout io.Writer) bool {
	line, err := kongcompletion.Command(parser)
	if err != nil {
		return false // a mistake in a tag, which has no reason to keep the command from running
	}
	predictValues(parser.Model.Node, &line)
	commands := maps.Clone(line.Sub)
	delete(commands, "help")
	line.Sub["help"] = complete.Command{Sub: commands}
	shell := complete.New(parser.Model.Name, line)
	shell.Out = stdout
	return shell.Complete()
}

// predictValues adds what the values of flags and arguments can be.
func predictValues(node *kong.Node, line *complete.Command) {
	for _, flag := range node.Flags {
		predictor := predictorOf(flag)
		if predictor == nil {
			continue
		}
		line.GlobalFlags["--"+flag.Name] = predictor
		if flag.Short != 0 {
			line.GlobalFlags["-"+string(flag.Short)] = predictor
		}
	}
	if args, ok := line.Args.(*kongcompletion.PositionalPredictor); ok && node.Parent != nil {
		for i, arg := range node.Positional {
			switch {
			case node.Parent.Name == "providers" && arg.Name == "name":
				args.Predictors[i] = complete.PredictFunc(connectionNames)
			case arg.Name == "file":
				args.Predictors[i] = complete.PredictFiles("*")
			}
		}
	}
	for _, child := range node.Children {
		if sub, ok := line.Sub[child.Name]; ok {
			predictValues(child, &sub)
			line.Sub[child.Name] = sub
		}
	}
}

// predictorOf returns what predicts the value of a flag, or nil.
func predictorOf(flag *kong.Flag) complete.Predictor {
	switch {
	case flag.PlaceHolder == "FILE":
		return complete.PredictFiles("*")
	case flag.Name == "profile":
		return complete.PredictFunc(func(complete.Args) []string { return bulkdelete.ProfileNames() })
	case flag.Name == "provider":
		return complete.PredictFunc(connectionNames)
	}
	return nil
}

// connectionNames returns the names in the file of --providers or its variable.
func connectionNames(line complete.Args) []string {
	file := os.Getenv("YUNO_ERASURE_PROVIDERS")
	if i := slices.Index(line.All, "--providers"); i >= 0 && i+1 < len(line.All) {
		file = line.All[i+1]
	}
	names, err := provider.Names(file)
	if err != nil {
		return nil // a mistake is reported when the command runs
	}
	return names
}
