// Package idlist reads lists of ids: one id per line, a column of a CSV file or of an Excel
// workbook, or a field of JSON. It finds out by itself which of these a list is, and says
// so ([Reader.Reading]); a [Format] overrides what it finds.
//
//	r, err := idlist.NewReader(file, idlist.Options{Rule: idlist.CustomerIDs})
//	for r.Scan() {
//		record := r.Record()
//	}
//	err = r.Err()
//
// A list is the order to erase people, so the package guesses nothing that could be wrong:
// two columns that fit, or a table without a header, are a [*FormatError]. What cannot be
// an id (an error of a spreadsheet, a phone number, a second header) is a record with an
// error, which names the line and the reason and never repeats the text. Nothing but
// comments and blank lines is left out, and those are counted.
//
// Reading is streaming: memory does not depend on the length of the list. The exception is
// an Excel workbook, whose texts are apart from its cells: they take up to
// [MaxWorkbookText], and a workbook of more is rejected.
//
// Internal to this module; no compatibility promise.
package idlist
