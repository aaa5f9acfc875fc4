package idlist

import (
	"slices"
	"strings"
)

// longestJunk bounds the texts that are compared with what is no id, in bytes.
const longestJunk = 64

// placeholders are what programs write where there is no value, in lower case.
var placeholders = []string{
	"null", "nil", "none", "undefined", "nan", "n/a", "na", "n.a.", "n/d", "nd", "s/d", "unknown", "missing", "empty", "blank",
	"true", "false", "(null)", "(none)", "(empty)", "(blank)", "<null>", "<none>", "[null]", `\n`, `""`, "''", "?", "??", "???",
	"0", "-", "--", "---", "\u2013", "\u2014", "_", "n.d.", nilUUID,
}

// fileEndings are those of files that have lists or were made from them.
var fileEndings = []string{
	".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".gz", ".zip", ".pdf", ".log", ".sql",
	".xml", ".parquet", ".yaml", ".yml", ".journal", ".html", ".bak",
}

// notAnID returns what a text is that can be no id, Yuno's or a merchant's; or "". It
// has the form of a predicate.
func notAnID(text string) string {
	if text == "" || len(text) > longestJunk {
		return ""
	}
	lower := strings.ToLower(text)
	switch {
	case isSpreadsheetError(text):
		return "is an error of a spreadsheet, such as #N/A"
	case slices.Contains(placeholders, lower):
		return "is a placeholder for a value that is missing, such as NULL"
	case strings.Trim(text, "-._~:=+|") == "":
		return "has no letter and no digit" // the line below a header, as database clients draw it
	case isScientific(lower):
		return "is a number in scientific notation: a spreadsheet has cut its digits off"
	case isFloat(text):
		return "is a number with decimals: a program has taken the ids for numbers"
	case slices.ContainsFunc(fileEndings, func(ending string) bool { return strings.HasSuffix(lower, ending) }):
		return "is the name of a file"
	}
	return ""
}

// isSpreadsheetError reports whether the text is what a spreadsheet shows instead of a
// value, in any language: #N/A, #REF!, #BEZUG!, #¡VALOR!, ####, Err:502.
func isSpreadsheetError(text string) bool {
	if number, found := strings.CutPrefix(text, "Err:"); found {
		return allDigits(number)
	}
	rest, found := strings.CutPrefix(text, "#")
	if !found || rest == "" {
		return false
	}
	return strings.Trim(rest, "#") == "" ||
		strings.IndexFunc(rest, func(r rune) bool {
			return r < 'A' && !strings.ContainsRune("/!?0", r) || r > 'Z' && r < 0xa1 && r != '_'
		}) < 0
}

// isScientific reports whether the text, in lower case, is a number such as 1.23e+11 or
// 5,5e+14. Digits, an e and digits alone are not: a hexadecimal id may be that.
func isScientific(text string) bool {
	mantissa, exponent, found := strings.Cut(strings.TrimLeft(text, "+-"), "e")
	if !found {
		return false
	}
	digits, signed := strings.CutPrefix(exponent, "+")
	whole, decimals, isDecimal := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	return (signed || isDecimal) && allDigits(strings.TrimPrefix(digits, "-")) && allDigits(whole) && (!isDecimal || allDigits(decimals))
}

// isFloat reports whether the text is a number as a data frame writes a column of whole
// numbers that has gaps: 1234.0.
func isFloat(text string) bool {
	whole, decimals, found := strings.Cut(text, ".")
	return found && allDigits(whole) && decimals != "" && strings.Trim(decimals, "0") == ""
}

func allDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
