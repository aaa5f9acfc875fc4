package cli

import (
	kongcompletion "github.com/jotaen/kong-completion"
)

// completionCommand prints a shell script, so it has no --json.
type completionCommand struct{ kongcompletion.Completion }

// Help is shown by completion --help.
func (completionCommand) Help() string {
	return `Prints the line that makes a shell complete commands and flags, and where to put it; -c prints the code that this line runs. Without a shell's name, it is for your login shell. The output is code for a shell, so there is no --json.

Examples:

  yuno-erasure completion bash
  source <(yuno-erasure completion -c bash)
  yuno-erasure completion fish`
}
