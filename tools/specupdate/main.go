// Command specupdate takes a new version of Yuno's specification into this
// project: it reads a documentation page or an OpenAPI file, says in words what
// changed and whom that breaks, and writes the vendored copy, its SOURCE.json
// and the generated code, all or nothing.
//
// It is a module of its own so that what it needs (oasdiff, a Markdown parser,
// an overlay processor) never reaches an importer of the packages beside it.
//
// Exit status: 0 nothing breaks; 3 applied, but it breaks somebody and the
// report says whom; 1 refused, and nothing was changed. A change breaks somebody
// when the contract asks for something else, or when package api is no longer
// the same to the compiler.
package main

import (
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

// errBreaking ends an update that was applied and that breaks somebody.
var errBreaking = errors.New("applied, and it breaks somebody: the report above says whom")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type commands struct {
	Root string `help:"Root of the checkout." default:"." type:"path"`

	Diff   diffCommand   `cmd:"" help:"Print what a new specification would change, and whom it would break."`
	Update updateCommand `cmd:"" help:"Take a new specification: report, vendored copy, SOURCE.json, generated code."`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("specupdate"),
		kong.Description("Takes a new version of Yuno's specification into this project.\n\n"+
			"Exit status: 0 nothing breaks, 3 applied but breaking, 1 refused and nothing changed."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
	)
	if err != nil {
		panic("the command line is described wrongly: " + err.Error())
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help has printed and asked to leave
		return exited
	}
	if err != nil {
		return complain(stderr, exitRefused, fmt.Sprintf("%v (specupdate --help lists commands and flags)", err))
	}
	return conclude(stderr, parsed.Run(cli.Root), parsed.Command() == "update <from>")
}

// conclude says how a command ended, in one line, and returns the status to
// leave with.
func conclude(stderr io.Writer, err error, updating bool) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errBreaking):
		return complain(stderr, exitBreaking, err.Error()+
			". Next: run make test, mend what no longer compiles or passes, and say in CHANGELOG.md what users must change")
	case errors.Is(err, errNotPutBack):
		return complain(stderr, exitRefused, "failed, and files are left changed (git status shows which): "+err.Error())
	case updating:
		return complain(stderr, exitRefused, "refused, nothing changed: "+err.Error())
	default:
		return complain(stderr, exitRefused, err.Error())
	}
}

// complain prints one line, and returns the status to leave with.
func complain(stderr io.Writer, status int, words string) int {
	fmt.Fprintln(stderr, "specupdate: "+printable(words))
	return status
}

type diffCommand struct {
	From   string `arg:"" help:"Documentation page (.md) or OpenAPI file (.json, .yaml, .yml)." type:"path"`
	Format string `help:"text, markdown or json." enum:"text,markdown,json" default:"text"`
}

// Run prints the report. That a change breaks somebody, or that it would be
// refused, is its content, not a failure: the status is 0.
func (c *diffCommand) Run(ctx context.Context, root string, stdout io.Writer) error {
	candidate, err := prepare(root, c.From)
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
	From string `arg:"" help:"Documentation page (.md) or OpenAPI file (.json, .yaml, .yml)." type:"path"`
	Date string `required:"" help:"Day the file was retrieved, YYYY-MM-DD."`
	Page string `help:"Address of the page it was retrieved from. Default: the one in SOURCE.json."`
}

// Run reports, then applies.
func (c *updateCommand) Run(ctx context.Context, root string, stdout io.Writer) error {
	retrieved, err := parseDay(c.Date, time.Now())
	if err != nil {
		return err
	}
	candidate, err := prepare(root, c.From)
	if err != nil {
		return err
	}
	defer candidate.close()
	if err := candidate.complete(ctx, root); err != nil {
		return err
	}
	if candidate.refusal != nil {
		return candidate.refusal
	}
	page := c.Page
	if page == "" {
		if page, err = recordedPage(root); err != nil {
			return err
		}
	}
	record, err := newRecord(candidate.root, candidate.specification, page, candidate.pageTitle, retrieved).encode()
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
