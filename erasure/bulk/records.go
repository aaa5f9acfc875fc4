package bulk

import (
	"io"

	"github.com/yuno-community/yuno-customers/erasure/internal/idlist"
)

// What a list is and how it is read is the same for every list of ids in this project.
type (
	// Format says where the ids are in a list. What is empty is found out.
	Format = idlist.Format
	// Reading says how a list was read.
	Reading = idlist.Reading
	// Record is one id of a list. Blank lines and comments are not records.
	Record = idlist.Record
	// FormatError says why a list does not have the format that it should have.
	FormatError = idlist.FormatError
)

// recordScanner reads the records of a list. It is used like a [bufio.Scanner].
type recordScanner = idlist.Reader

// newRecordScanner reads a list that in opens. A workbook is also read by in's method
// ReadAt.
func newRecordScanner(in io.Reader, f Format) (*recordScanner, error) {
	return idlist.NewReader(in, idlist.Options{Format: f})
}
