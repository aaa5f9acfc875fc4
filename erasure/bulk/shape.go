package bulk

import (
	"fmt"
	"slices"
	"strings"
)

// FormatError says why a list does not have the format that it should have. It does not
// repeat any of the list.
type FormatError struct {
	Line   int // 0 if no single line is at fault
	Reason string
	Hint   string // what to do about it, to follow "Try: "
}

func (e *FormatError) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
}

// headers are what exports call a column of ids.
var headers = []string{"id", "ids", "uuid", "customer", "customer_id", "customer-id", "customerid", "customer_ids", "yuno_id", "yuno_customer_id"}

// checkFirst rejects a list of one id per line if its first line shows that it has
// another format. A later line without an id is a mistake in the list. In the first line
// it is a mistake in the format that was named, and concerns every line.
func checkFirst(line int, text string) error {
	looks := func(like, hint string) error {
		return &FormatError{line, "looks like " + like + ", not an id", hint}
	}
	switch {
	case text[0] == '{':
		return looks("a JSON object", "--field NAME")
	case text[0] == '[':
		return looks("a JSON array", "JSONL, an object on each line, and --field NAME")
	case slices.Contains(headers, strings.ToLower(text)):
		return looks("the header of CSV", "--column NAME")
	case text[0] == '"' || strings.Contains(text, ","):
		return looks("CSV", "--column NAME")
	case strings.ContainsAny(text, ";\t\""):
		return looks("a table", "CSV, separated by commas, and --column NAME")
	}
	return nil
}
