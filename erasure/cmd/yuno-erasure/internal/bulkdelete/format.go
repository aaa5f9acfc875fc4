package bulkdelete

import "github.com/yuno-community/yuno-customers/erasure/bulk"

// formatFlags say how a list is read where that cannot be found out.
type formatFlags struct {
	Column    string `help:"The file is a table with a header: use this column." placeholder:"NAME"`
	Field     string `help:"The file is JSON: use this field of each object." placeholder:"NAME"`
	Delimiter string `help:"The file is CSV: its columns are separated by this character, or tab." placeholder:"CHAR"`
	Encoding  string `help:"Encoding of the file, such as utf-16 or windows-1252." placeholder:"NAME"`
	Sheet     string `help:"The file is an Excel workbook: use this sheet." placeholder:"NAME"`
}

// format returns the format of the list, as far as the flags say.
func (f formatFlags) format() bulk.Format {
	return bulk.Format{Column: f.Column, Field: f.Field, Delimiter: f.Delimiter, Encoding: f.Encoding, Sheet: f.Sheet}
}
