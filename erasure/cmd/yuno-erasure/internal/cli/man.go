package cli

import (
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// manCommand prints a document, so it has no --json.
type manCommand struct{}

// Help is shown by man --help.
func (manCommand) Help() string {
	return `Prints the manual page of all commands, which contains what their --help says. Write it to a file yuno-erasure.1 where man finds it.

Examples:

  yuno-erasure man`
}

// Run prints the page.
func (manCommand) Run(app *kong.Application, stdout io.Writer) error {
	page := manPage{}
	page.request("TH", strings.ToUpper(app.Name), "1", "", app.Name+" "+version(), "User Commands")
	page.section("NAME")
	page.text(app.Name + ` - erase customers, here and at payment providers`)
	page.section("SYNOPSIS")
	page.text(app.Name + " <command> [flags]")
	page.section("DESCRIPTION")
	page.text(app.Help)
	page.flags(app.Node)
	page.section("COMMANDS")
	for _, command := range app.Leaves(true) {
		page.command(command)
	}
	page.section("EXIT STATUS")
	page.text("0 success, 1 failure, 2 wrong usage or no database, 130 interrupted. A command that has others names them.")
	_, err := io.WriteString(stdout, page.String())
	return err
}

// manPage is a page in the macros of man(7).
type manPage struct{ strings.Builder }

// request writes a line that man obeys.
func (p *manPage) request(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(` "` + strings.ReplaceAll(escapeRoff(arg), `"`, `\(dq`) + `"`)
	}
	p.WriteString("\n")
}

func (p *manPage) section(title string) { p.request("SH", title) }

// text writes a line that man prints, and breaks where it likes.
func (p *manPage) text(line string) { p.WriteString(escapeRoff(line) + "\n") }

// command writes what a command does, its arguments and its flags.
func (p *manPage) command(node *kong.Node) {
	p.request("SS", node.FullPath())
	p.request("B", node.Summary())
	p.request("PP")
	p.text(node.Help)
	p.detail(node.Detail)
	for _, arg := range node.Positional {
		p.request("TP")
		p.request("B", arg.Summary())
		p.text(kong.DefaultHelpValueFormatter(arg))
	}
	p.flags(node)
}

// detail writes paragraphs. Lines that begin with spaces stay as they are.
func (p *manPage) detail(text string) {
	verbatim := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		indented := strings.HasPrefix(line, " ")
		switch {
		case line == "":
			continue
		case indented && !verbatim:
			p.request("PP")
			p.request("EX")
		case !indented && verbatim:
			p.request("EE")
			p.request("PP")
		case !indented:
			p.request("PP")
		}
		verbatim = indented
		p.text(line)
	}
	if verbatim {
		p.request("EE")
	}
}

// flags writes the flags of a command, without those of all commands.
func (p *manPage) flags(node *kong.Node) {
	for _, flag := range node.Flags {
		if flag.Hidden || flag.Name == "help" && node.Parent != nil {
			continue
		}
		name := "--" + flag.Name
		if flag.Short != 0 {
			name = "-" + string(flag.Short) + ", " + name
		}
		if !flag.IsBool() {
			name += "=" + flag.FormatPlaceHolder()
		}
		p.request("TP")
		p.request("B", name)
		p.text(kong.DefaultHelpValueFormatter(flag.Value))
		if flag.PlaceHolder != "" && flag.Default != "" { // otherwise it is the placeholder
			p.text("The default is " + flag.Default + ".")
		}
	}
}

// escapeRoff returns a line that man prints as it is: a backslash begins an escape, a
// hyphen may become another character, and a dot or an apostrophe at the start of a line
// makes it a request.
func escapeRoff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}
