package idlist

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format says what is known of a list. What is empty is found out. Its zero value is right
// for most lists.
type Format struct {
	// Delimiter separates the columns of a CSV file: one character.
	Delimiter string `json:"delimiter,omitempty"`
	// Encoding is that of a text: one of [Encodings].
	Encoding string `json:"encoding,omitempty"`
	// Column is the name of a column of a table with a header. Case, spaces, "_" and "-"
	// need not match, unless two columns differ in nothing else.
	Column string `json:"column,omitempty"`
	// Field is the name of a field of the objects in JSON; likewise.
	Field string `json:"field,omitempty"`
	// Sheet is the name of a sheet of an Excel workbook. The default is the only sheet
	// that is not empty.
	Sheet string `json:"sheet,omitempty"`
	// MerchantIDs is set if the ids are the merchant's own and not Yuno's.
	MerchantIDs bool `json:"merchant_ids,omitempty"`
}

// Rule returns the rule of the ids in such a list.
func (f Format) Rule() *Rule {
	if f.MerchantIDs {
		return MerchantCustomerIDs
	}
	return CustomerIDs
}

// Validate returns why no list can have the format, or nil. It names the flags of the
// command that have the names of the fields.
func (f Format) Validate() error {
	table := f.Column != "" || f.Delimiter != "" || f.Sheet != ""
	switch {
	case f.Field != "" && table:
		return errors.New("--field is for JSON, and --column, --delimiter and --sheet are for tables: give one or the other")
	case f.Sheet != "" && (f.Delimiter != "" || f.Encoding != ""):
		return errors.New("--sheet is for Excel workbooks, and --delimiter and --encoding are for text: give one or the other")
	case f.Delimiter != "" && !isDelimiter(f.Delimiter):
		return errors.New("--delimiter wants one character that separates columns, such as ; or tab")
	case f.Encoding != "" && encodings[strings.ToLower(f.Encoding)] == nil:
		return errors.New("--encoding wants one of " + strings.Join(Encodings(), ", "))
	}
	return nil
}

// isDelimiter reports whether the text can separate columns: a character that occurs in no
// id, is not the quote, and does not end a line.
func isDelimiter(text string) bool {
	if text == "tab" {
		return true
	}
	return len(text) == 1 && (text == "\t" || text[0] > ' ' && text[0] < utf8.RuneSelf &&
		text != `"` && !isLetter(text[0]) && !isDigit(text[0]) && text != "-" && text != "_")
}

// FormatError says why a list does not have the format that it should have. It does not
// repeat any of the list but the names of its columns.
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
