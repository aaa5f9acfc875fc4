// Command specupdate updates the vendored copy of Yuno's specification. It reads a
// documentation page or an OpenAPI file, reports what changed and whose code that
// breaks, proves the generated code, and writes the copy, SOURCE.json and the
// generated code: all of them or none.
//
// It is a module of its own so that importers of the root module do not depend on
// oasdiff and an overlay processor.
//
// Exit status: 0 nothing breaks; 3 applied, but it breaks code and the report says
// whose; 1 refused, and nothing was changed. A change breaks code if the contract
// requires something else, if package api changes for the compiler, or if the
// packages of the root module no longer agree.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit statuses of the command.
const (
	exitOK       = 0
	exitRefused  = 1
	exitBreaking = 3
)

// errBreaking ends an update that was applied and breaks code.
var errBreaking = errors.New("applied, and it breaks code: the report above says whose")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type commands struct {
	Root string `help:"Root of the checkout." default:"." type:"path"`

	Diff   diffCommand   `cmd:"" help:"Print what a new specification would change, and whose code it would break."`
	Update updateCommand `cmd:"" help:"Apply a new specification: report, vendored copy, SOURCE.json, generated code."`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("specupdate"),
		kong.Description("Updates the vendored copy of Yuno's specification.\n\n"+
			"Exit status: 0 nothing breaks, 3 applied but breaking, 1 refused and nothing changed."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
	)
	if err != nil {
		panic("the description of the command line is wrong: " + err.Error())
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help printed the help
		return exited
	}
	if err != nil {
		return printLine(stderr, exitRefused, fmt.Sprintf("%v (specupdate --help lists commands and flags)", err))
	}
	return finish(stderr, parsed.Run(cli.Root), parsed.Command() == "update <from>")
}

// finish prints how a command ended, in one line, and returns the exit status.
func finish(stderr io.Writer, err error, updating bool) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errBreaking):
		return printLine(stderr, exitBreaking, err.Error()+
			". Next: run make test, fix what no longer compiles or passes, and say in CHANGELOG.md what users must change")
	case errors.Is(err, errNotPutBack):
		return printLine(stderr, exitRefused, "failed, and some files stay changed (git status shows which): "+err.Error())
	case updating:
		return printLine(stderr, exitRefused, "refused, nothing changed: "+err.Error())
	default:
		return printLine(stderr, exitRefused, err.Error())
	}
}

// printLine prints one line and returns the exit status that it is given.
func printLine(stderr io.Writer, status int, message string) int {
	fmt.Fprintln(stderr, "specupdate: "+printable(message))
	return status
}

// A source is the file with a new specification, and the operation to take from it.
type source struct {
	From      string `arg:"" help:"Documentation page (.md) or OpenAPI file (.json, .yaml, .yml)." type:"path"`
	Operation string `help:"Operation to take, if the file describes several: the name of its file in openapi/customers."`
}

type diffCommand struct {
	source
	Format string `help:"text, markdown or json." enum:"text,markdown,json" default:"text"`
}

// Run prints the report. A report of a breaking or refused change is no failure.
func (c *diffCommand) Run(ctx context.Context, root string, stdout io.Writer) error {
	candidate, err := prepare(root, c.From, c.Operation)
	if err != nil {
		return err
	}
	defer candidate.close()
	if err := candidate.complete(ctx, root); err != nil {
		return err
	}
	return candidate.report.write(stdout, c.Format)
}

type updateCommand struct {
	source
	Date string `required:"" help:"Day the file was retrieved, YYYY-MM-DD."`
	Page string `help:"Address of the page it was retrieved from. Default: the one in SOURCE.json."`
}

// Run prints the report, then applies the update.
func (c *updateCommand) Run(ctx context.Context, root string, stdout io.Writer) error {
	retrieved, err := parseDay(c.Date, time.Now())
	if err != nil {
		return err
	}
	candidate, err := prepare(root, c.From, c.Operation)
	if err != nil {
		return err
	}
	defer candidate.close()
	next := record{
		File: candidate.was.File, Origin: originYuno,
		Page: cmp.Or(c.Page, candidate.was.Page), PageTitle: candidate.pageTitle,
		Retrieved: retrieved.Format(time.DateOnly),
	}
	if next.Page == "" {
		return fmt.Errorf("the page of %s is not recorded yet. Try: give its address with PAGE= (--page)", candidate.was.name())
	}
	if err := candidate.complete(ctx, root); err != nil {
		return err
	}
	if candidate.refusal != nil {
		return candidate.refusal
	}
	record, err := candidate.sources.with(candidate.index, next.describe(candidate.root, candidate.specification))
	if err != nil {
		return err
	}
	if err := candidate.report.write(stdout, "text"); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err := candidate.stage.apply(root, record); err != nil {
		return err
	}
	if candidate.report.Breaking() {
		return errBreaking
	}
	return nil
}
