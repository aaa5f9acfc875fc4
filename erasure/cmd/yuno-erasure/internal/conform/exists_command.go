package conform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
)

const idPlaceholder = "{id}"

// existsCommand asks a program of the user whether a customer exists.
type existsCommand []string

// parseExistsCommand splits a command at white space. No shell is involved, so an id cannot
// be more than an argument.
func parseExistsCommand(text string) (existsCommand, error) {
	words := strings.Fields(text)
	if !slices.Contains(words, idPlaceholder) || words[0] == idPlaceholder {
		return nil, fmt.Errorf("--exists-command wants a program, and %s as one of its arguments", idPlaceholder)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, fmt.Errorf("--exists-command: %s is not a program that can be run", words[0])
	}
	words[0] = path
	return words, nil
}

// exists runs the command. Its output is discarded: it may be personal data.
func (e existsCommand) exists(ctx context.Context, id string) (bool, error) {
	args := slices.Clone(e[1:])
	for i, arg := range args {
		if arg == idPlaceholder {
			args[i] = id
		}
	}
	cmd := exec.CommandContext(ctx, e[0], args...)
	cmd.Env = withoutKeys(os.Environ())
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return false, fmt.Errorf("--exists-command took too long: %w", ctx.Err())
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return false, nil
	case errors.As(err, &exit):
		return false, fmt.Errorf("--exists-command ended with %v; want 0 for a customer who exists and 1 for one who does not", exit.ProcessState)
	}
	return false, fmt.Errorf("--exists-command: %w", err)
}

// withoutKeys removes the keys that are sent to the target, which a program that looks into
// its database does not need.
func withoutKeys(environment []string) []string {
	return slices.DeleteFunc(environment, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{client.EnvPublicAPIKey, client.EnvPrivateSecretKey, envSecondPublicKey, envSecondPrivateKey}, name)
	})
}
