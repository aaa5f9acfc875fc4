package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/admin"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/bulkdelete"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/conform"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/daemon"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/demo"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/providers"
)

// root has the subcommands and the flags of all of them.
type root struct {
	Delete    bulkdelete.Command       `cmd:"" help:"Erase customers, one or a file of them."`
	Verify    bulkdelete.VerifyCommand `cmd:"" help:"Ask what is left of erased customers."`
	Check     bulkdelete.CheckCommand  `cmd:"" help:"Try the address and the keys without deleting anybody."`
	Serve     daemon.Command           `cmd:"" help:"Accept deletes and erase customers, here and at the providers."`
	Migrate   admin.MigrateCommand     `cmd:"" help:"Create a database, or bring its schema up to date."`
	Accounts  admin.AccountsCommand    `cmd:"" help:"Create, list, renew and revoke accounts and their keys."`
	Customers admin.CustomersCommand   `cmd:"" help:"Import customers, and find them by the merchant's id."`
	Erasures  admin.ErasuresCommand    `cmd:"" help:"Show the state of accepted deletes, and resolve what needs manual action."`
	Operators admin.OperatorsCommand   `cmd:"" help:"Add, list and revoke the people who may log in to the operations page."`
	Actions   admin.ActionsCommand     `cmd:"" help:"Show who did what, on the operations page and with this command."`
	Providers providers.Command        `cmd:"" help:"Check the configuration of payment providers."`
	Keys      admin.KeysCommand        `cmd:"" help:"Rotate the master key."`
	Compact   admin.CompactCommand     `cmd:"" help:"Remove what the database still contains of erased data."`
	Demo      demo.Command             `cmd:"" help:"Show the service erase one customer, on this machine, from the request to the last provider."`
	Sandbox   demo.SandboxCommand      `cmd:"" help:"Serve an in-memory Yuno to test programs against, in any language."`
	Conform   conform.Command          `cmd:"" help:"Judge a live implementation by the contract."`
	Health    daemon.HealthCommand     `cmd:"" name:"healthcheck" help:"Ask a running serve whether it is ready."`
	Version   versionCommand           `cmd:"" help:"Print the version."`

	Help       helpCommand       `cmd:"" help:"Show what a command does."`
	Completion completionCommand `cmd:"" help:"Print shell code (bash, zsh or fish) that completes commands and flags."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`

	Config configFlag `help:"YAML file with flags, at the top level or under a command's name; the command line and the environment take precedence." placeholder:"FILE"`
}

// helpVars are the values that help texts take from other packages.
func helpVars() kong.Vars {
	return kong.Vars{
		"customers_needed": strconv.Itoa(conformance.CustomersNeeded),
		"profiles_file":    cmp.Or(bulkdelete.ProfilesPath(), "yuno-erasure/config.yaml of your configuration folder"),
	}
}

// Run parses the arguments, runs the subcommand that they name and returns the exit
// status. It prints errors to stderr.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	exited := -1
	parser := kong.Must(&root{},
		kong.Name("yuno-erasure"),
		kong.Description("Erases customers: through Yuno's delete-customer call, and as the service that implements it."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(status int) { exited = status }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdin, (*command.Stdin)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.BindTo(stderr, (*command.Stderr)(nil)),
		helpVars(),
	)
	if completeLine(parser, stdout) {
		return command.ExitOK
	}
	args, err := withoutAliases(parser.Model.Node, args)
	if err != nil {
		return finish(ctx, stderr, err)
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help was printed
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "yuno-erasure: %s\nTry: %s --help\n", parseProblem(err), subcommandOf(err))
		return command.ExitUsage
	}
	return finish(ctx, stderr, parsed.Run(parsed.Model))
}

// parseProblem returns the text of a parse error in the words of the command's users.
func parseProblem(err error) string {
	text := command.Plain(err)
	if argument, ok := strings.CutPrefix(text, `expected "`); ok {
		return "missing: " + strings.TrimSuffix(argument, `"`)
	}
	if flag, rest, ok := strings.Cut(text, ": expected duration but got "); ok {
		value, _, _ := strings.Cut(rest, ": time: ") // the parser's own error
		return flag + " wants a time such as 36h, 30m or 20s, not " + value
	}
	if flag, rest, ok := strings.Cut(text, " must be one of "); ok {
		rest = strings.TrimPrefix(rest, `"",`) // that the flag is not given
		return flag + " must be one of " + strings.ReplaceAll(rest, `","`, `", "`)
	}
	if flag, rest, ok := strings.Cut(text, ": expected a float but got "); ok {
		return flag + " wants a number, not " + strings.TrimSuffix(rest, " (string)")
	}
	if flag, rest, ok := strings.Cut(text, ": slog: level string "); ok {
		value, _, _ := strings.Cut(rest, ": ")
		return flag + " wants debug, info, warn or error, not " + value
	}
	return strings.Replace(text, ": expected a valid 64 bit int but got", " wants a whole number, not", 1)
}

// subcommandOf returns the subcommand that a parse error is about, as it is called.
func subcommandOf(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return node.FullPath()
		}
	}
	return "yuno-erasure"
}

// finish prints a subcommand's error and returns the exit status.
func finish(ctx context.Context, stderr io.Writer, err error) int {
	var usage *command.UsageError
	var exit *command.ExitError
	switch {
	case err == nil:
		return command.ExitOK
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "yuno-erasure: %s\nTry: %s\n", usage.Message, usage.Hint)
		return command.ExitUsage
	case errors.As(err, &exit):
		fmt.Fprintf(stderr, "yuno-erasure: %s\n", command.Plain(err))
		return exit.Status
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "yuno-erasure: interrupted")
		return command.ExitInterrupted
	default:
		fmt.Fprintf(stderr, "yuno-erasure: %s\n", command.Plain(err))
		return command.ExitFailure
	}
}
