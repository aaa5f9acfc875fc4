package textfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	const text = `{"id": "c1", "email": "ada@example.com"}`
	for start, want := range map[string]string{
		"":                              "",
		"c1\nc2\n":                      "",
		text:                            "",
		"\ufeff" + text:                 "",
		"Zo\xe9;1":                      "", // Latin-1 is found line by line
		"PK":                            "", // an id may begin like that
		"\x1f\x8b\x08\x00":              "gzip data",
		"BZh91AY":                       "bzip2 data",
		zipOf(t, "customers.jsonl"):     "a zip archive",
		zipOf(t, "[Content_Types].xml"): "an Excel workbook (xlsx) or another Office document",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00":  "an Excel workbook (xls) or another Office document",
		utf16Of(binary.LittleEndian, "\ufeff"+text): "UTF-16 text",
		utf16Of(binary.BigEndian, "\ufeff"+text):    "UTF-16 text",
		utf16Of(binary.LittleEndian, text):          "UTF-16 text without a byte order mark",
		utf16Of(binary.BigEndian, text):             "UTF-16 text without a byte order mark",
		"\xff\xfe\x00\x00{\x00\x00\x00":             "UTF-32 text",
		"{\x00\x00\x00\"\x00\x00\x00":               "UTF-32 text without a byte order mark",
		"<!DOCTYPE html><title>Sign in</title>":     "an HTML page",
		"c1\x00c2":                                  "a binary file",
		"\x00":                                      "a binary file",
	} {
		format, found := Detect([]byte(start)[:min(len(start), Start)])
		if format.Name != want || found != (want != "") || found && format.Hint == "" {
			t.Errorf("%.20q: got %+v, want %q", start, format, want)
		}
	}
}

func zipOf(t *testing.T, member string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create(member); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func utf16Of(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}
