package screen

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// fallbackWidth is the width of a terminal that does not say, in columns.
const fallbackWidth = 80

// Redraws reports whether a line on the stream can be drawn again: it is a terminal, and
// TERM does not say that it is a dumb one.
func Redraws(stream any) bool { return command.IsTerminal(stream) && os.Getenv("TERM") != "dumb" }

// Width returns the present width of a terminal, in columns. COLUMNS counts only if the
// terminal does not say: a shell that exports it does not update it for a program that
// runs.
func Width(terminal any) int {
	if file, ok := terminal.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		return width
	}
	return fallbackWidth
}

// Colors reports whether text on the stream may be colored. NO_COLOR (no-color.org)
// forbids it whatever else is set. CLICOLOR_FORCE, unless it is 0, asks for it also where
// there is no terminal. CLICOLOR=0 and TERM=dumb forbid it.
func Colors(stream any) bool {
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case os.Getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return Redraws(stream) && os.Getenv("CLICOLOR") != "0"
}

// Color is a color of text.
type Color string

// The colors, from the eight that every terminal has.
const (
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
)

// In returns the text in a color if the stream may be colored, else as it is.
func (c Color) In(stream io.Writer, text string) string {
	if !Colors(stream) {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
