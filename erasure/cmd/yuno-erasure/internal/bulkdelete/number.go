package bulkdelete

import (
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"
)

// wholeNumber and decimalNumber accept -1 so that [Command.Validate] can reject it with a
// helpful message. The parser would read -1 as another flag.
type (
	wholeNumber   int
	decimalNumber float64
)

// Decode implements [kong.MapperValue].
func (n *wholeNumber) Decode(ctx *kong.DecodeContext) error {
	text, err := numberText(ctx)
	if err != nil {
		return err
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("wants a whole number, not %q", text)
	}
	*n = wholeNumber(value)
	return nil
}

// Decode implements [kong.MapperValue].
func (n *decimalNumber) Decode(ctx *kong.DecodeContext) error {
	text, err := numberText(ctx)
	if err != nil {
		return err
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("wants a number, not %q", text)
	}
	*n = decimalNumber(value)
	return nil
}

// numberText returns the next argument if it can be a value.
func numberText(ctx *kong.DecodeContext) (string, error) {
	next := ctx.Scan.Peek()
	if _, err := strconv.ParseFloat(next.String(), 64); err != nil {
		next, err = ctx.Scan.PopValue("number")
		return next.String(), err
	}
	return ctx.Scan.Pop().String(), nil
}
