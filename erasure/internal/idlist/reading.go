package idlist

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Kind is a kind of list.
type Kind string

// The kinds of lists.
const (
	Lines     Kind = "lines" // one id per line
	CSV       Kind = "csv"
	JSONArray Kind = "json" // one array, of ids or of objects
	JSONLines Kind = "jsonl"
	Workbook  Kind = "xlsx"
)

// Reading says how a list was read.
type Reading struct {
	Kind       Kind   `json:"kind"`
	Compressed string `json:"compressed,omitempty"` // "gzip"
	Encoding   string `json:"encoding,omitempty"`   // unless it is UTF-8
	Delimiter  string `json:"delimiter,omitempty"`
	Sheet      string `json:"sheet,omitempty"`
	Column     string `json:"column,omitempty"`
	Field      string `json:"field,omitempty"`
	// Comments and Blank are the lines that were skipped so far.
	Comments int `json:"comments"`
	Blank    int `json:"blank_lines"`
	// Hidden is how many of the rows that were read a sheet does not show.
	Hidden int `json:"hidden_rows,omitempty"`
}

// String describes the reading for people.
func (r Reading) String() string {
	parts := []string{map[Kind]string{
		Lines: "one id per line", CSV: "CSV", JSONArray: "a JSON array", JSONLines: "JSON lines", Workbook: "an Excel workbook",
	}[r.Kind]}
	if r.Compressed != "" {
		parts = append(parts, r.Compressed)
	}
	switch r.Delimiter {
	case "":
	case "\t":
		parts = append(parts, "tab")
	default:
		parts = append(parts, strconv.Quote(r.Delimiter))
	}
	if r.Encoding != "" {
		parts = append(parts, strings.ToUpper(r.Encoding))
	}
	for _, named := range []struct{ what, name string }{{"sheet", r.Sheet}, {"column", r.Column}, {"field", r.Field}} {
		if named.name != "" {
			parts = append(parts, named.what+" "+quoteName(named.name))
		}
	}
	text := strings.Join(parts, ", ")
	switch {
	case r.Comments > 0 && r.Blank > 0:
		text += fmt.Sprintf("; %d comments and blank lines skipped", r.Comments+r.Blank)
	case r.Comments > 0:
		text += "; " + count(r.Comments, "comment", "comments") + " skipped"
	case r.Blank > 0:
		text += "; " + count(r.Blank, "blank line", "blank lines") + " skipped"
	}
	if r.Hidden > 0 {
		text += "; " + count(r.Hidden, "row that the sheet hides is", "rows that the sheet hides are") + " in the list"
	}
	return text
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// CheckName returns a [*FormatError] if the name of the file promises another kind of list
// than was read. first is the first id that was read. Without it, a column that has an
// unknown name and no neighbour would be taken for a list, and its name for an id.
func (r Reading) CheckName(name, first string) error {
	if r.Kind != Lines || looksLikeUUID(first) {
		return nil
	}
	hint := ""
	switch strings.ToLower(filepath.Ext(strings.TrimSuffix(name, ".gz"))) {
	case ".csv", ".tsv":
		hint = "--column NAME"
	case ".json", ".jsonl", ".ndjson":
		hint = "--field NAME"
	case ".xlsx", ".xlsm":
		hint = "a workbook saved by Excel"
	default:
		return nil
	}
	return &FormatError{Reason: "does not look like a plain list of ids, judging by its name", Hint: hint + ", or a name that ends in .txt"}
}
