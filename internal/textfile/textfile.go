// Package textfile recognizes files that are not the UTF-8 text which they were taken
// for, so that an error names the format instead of complaining about each line, or that
// the file is decoded. It also unpacks gzip data, within limits.
//
// It imports the standard library only. Internal to this module; no compatibility
// promise.
package textfile

import "bytes"

// Start is how many bytes of the start of a file [Detect] looks at.
const Start = 512

// Format is a format that is not UTF-8 text.
type Format struct {
	Name string // "a zip archive"
	Hint string // what to do about it, to follow "Try: "
}

const (
	unpack = " it first"
	export = "an export as text in UTF-8"

	utf16Marked   = "UTF-16 text"
	utf16Unmarked = "UTF-16 text without a byte order mark"
)

// magic are the first bytes of formats, the longer before the shorter.
var magic = []struct{ start, name, hint string }{
	{gzipStart, "gzip data", "gunzip" + unpack},
	{"BZh", "bzip2 data", "bunzip2" + unpack},
	{"\xfd7zXZ\x00", "xz data", "unxz" + unpack},
	{"\x28\xb5\x2f\xfd", "zstd data", "unzstd" + unpack},
	{"\x04\x22\x4d\x18", "lz4 data", "unlz4" + unpack},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x" + unpack},
	{"Rar!\x1a", "a RAR archive", "unrar" + unpack},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (xls) or another Office document", export},
	{"%PDF-", "a PDF document", export},
	{"PAR1", "a Parquet file", export},
	{"Obj\x01", "an Avro file", export},
	{"SQLite format 3\x00", "an SQLite database", export},
	{"<?xml", "XML", export},
	{"<!DOCTYPE", "an HTML page", "the download again: this is a page and not the file"},
	{"<html", "an HTML page", "the download again: this is a page and not the file"},
	{"\xff\xfe\x00\x00", "UTF-32 text", "iconv -f UTF-32 -t UTF-8"},
	{"\x00\x00\xfe\xff", "UTF-32 text", "iconv -f UTF-32 -t UTF-8"},
	{"\xff\xfe", utf16Marked, "iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", utf16Marked, "iconv -f UTF-16 -t UTF-8"},
}

// Detect returns the format of a file that begins so, and whether it is one that it
// knows. start has [Start] bytes, or the whole file if that is shorter.
func Detect(start []byte) (Format, bool) {
	if IsZip(start) {
		return zipFormat(start), true
	}
	for _, m := range magic {
		if bytes.HasPrefix(start, []byte(m.start)) {
			return Format{m.name, m.hint}, true
		}
	}
	if len(start) >= 262 && bytes.Equal(start[257:262], []byte("ustar")) {
		return Format{"a tar archive", "tar -x" + unpack}, true
	}
	return zeros(start)
}

// IsZip reports whether a file that begins so is a zip archive, as workbooks are.
func IsZip(start []byte) bool { return bytes.HasPrefix(start, []byte("PK\x03\x04")) }

// UTF16 reports whether a file that begins so is UTF-16 text, with a byte order mark or
// without, and in which byte order.
func UTF16(start []byte) (bigEndian, ok bool) {
	format, _ := Detect(start)
	switch {
	case format.Name == utf16Marked:
		return start[0] == 0xfe, true
	case format.Name == utf16Unmarked:
		return start[0] == 0, true
	}
	return false, false
}

// zipFormat tells a workbook from other archives, by the names of its first members.
func zipFormat(start []byte) Format {
	for _, member := range []string{"[Content_Types].xml", "xl/", "_rels/", "docProps/"} {
		if bytes.Contains(start, []byte(member)) {
			return Format{"an Excel workbook (xlsx) or another Office document", export}
		}
	}
	if bytes.Contains(start, []byte("mimetypeapplication/vnd.oasis.opendocument")) {
		return Format{"an OpenDocument file", export}
	}
	return Format{"a zip archive", "unzip" + unpack}
}

// zeros recognizes text without a byte order mark by the zeros that ASCII has in it, and
// takes everything else with a zero for binary.
func zeros(start []byte) (Format, bool) {
	if bytes.IndexByte(start, 0) < 0 {
		return Format{}, false
	}
	if len(start) >= 4 {
		switch [4]bool{start[0] == 0, start[1] == 0, start[2] == 0, start[3] == 0} {
		case [4]bool{false, true, false, true}:
			return Format{utf16Unmarked, "iconv -f UTF-16LE -t UTF-8"}, true
		case [4]bool{true, false, true, false}:
			return Format{utf16Unmarked, "iconv -f UTF-16BE -t UTF-8"}, true
		case [4]bool{false, true, true, true}:
			return Format{"UTF-32 text without a byte order mark", "iconv -f UTF-32LE -t UTF-8"}, true
		case [4]bool{true, true, true, false}:
			return Format{"UTF-32 text without a byte order mark", "iconv -f UTF-32BE -t UTF-8"}, true
		}
	}
	return Format{"a binary file", export}, true
}
