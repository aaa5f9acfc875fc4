// Command yuno-erasure erases customers: through Yuno's delete-customer call, and
// as the service that answers it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"github.com/yuno-community/yuno-customers/contract/conformance"
)

// Exit statuses of the command.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal is not caught: it ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// commands are the subcommands, one file each.
type commands struct {
	Delete    deleteCommand    `cmd:"" help:"Erase customers, one or a file of them."`
	Serve     serveCommand     `cmd:"" help:"Accept deletes and erase, here and at the providers."`
	Migrate   migrateCommand   `cmd:"" help:"Create a database, or bring its schema up to date."`
	Accounts  accountsCommand  `cmd:"" help:"Create, list, renew and revoke accounts and their keys."`
	Customers customersCommand `cmd:"" help:"Import customers."`
	Erasures  erasuresCommand  `cmd:"" help:"See what became of accepted deletes, and deal with what needs a person."`
	Providers providersCommand `cmd:"" help:"Check the configuration of payment providers."`
	Keys      keysCommand      `cmd:"" help:"Rotate the master key."`
	Compact   compactCommand   `cmd:"" help:"Remove what the database keeps of erased data."`
	Demo      demoCommand      `cmd:"" help:"Watch the service erase one customer, on this machine, from the request to the last provider."`
	Sandbox   sandboxCommand   `cmd:"" help:"Serve an in-memory Yuno to test programs against, in any language."`
	Conform   conformCommand   `cmd:"" help:"Judge a live implementation by the contract."`
	Version   versionCommand   `cmd:"" help:"Print the version."`

	Completion completionCommand `cmd:"" help:"Print what makes a shell (bash, zsh or fish) complete commands and flags."`

	Config configFlag `help:"YAML file with flags, at the top or below a command's name; the command line and the environment win." placeholder:"FILE"`
}

// commandOf is the command that a parse error is about, as it is called.
func commandOf(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return node.FullPath()
		}
	}
	return "yuno-erasure"
}

// helpVars are what help texts take from elsewhere.
func helpVars() kong.Vars {
	return kong.Vars{"customers_needed": strconv.Itoa(conformance.CustomersNeeded), "profiles_file": profilesPath()}
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cli commands
	exited := -1
	parser := kong.Must(&cli,
		kong.Name("yuno-erasure"),
		kong.Description("Erases customers: through Yuno's delete-customer call, and as the service that answers it."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.BindTo(stderr, (*errorWriter)(nil)),
		kong.BindTo(stdin, (*stdinReader)(nil)),
		helpVars(),
	)
	kongcompletion.Register(parser)
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help has printed and asked to leave
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "yuno-erasure: %v\nTry: %s --help\n", err, commandOf(err))
		return exitUsage
	}
	err = parsed.Run()
	var usage *usageError
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "yuno-erasure: %s\nTry: %s\n", usage.msg, usage.hint)
		return exitUsage
	case errors.As(err, &exit):
		fmt.Fprintf(stderr, "yuno-erasure: %v\n", err)
		return exit.code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "yuno-erasure: interrupted")
		return exitInterrupted
	default:
		fmt.Fprintf(stderr, "yuno-erasure: %v\n", err)
		return exitFailure
	}
}
