package admin

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/textfile"
)

// textOf returns the text of a file of customers, which may be compressed with gzip. A
// file of another format is a usage error that names the format. name is that of the
// file, for errors.
func textOf(raw io.Reader, name string) (io.Reader, error) {
	compressed := bufio.NewReaderSize(raw, 64<<10)
	if start, _ := compressed.Peek(2); !textfile.IsGzip(start) {
		return plainText(compressed, name)
	}
	unpacked, err := textfile.Gunzip(compressed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return plainText(bufio.NewReaderSize(unpacked, 64<<10), name+" (unpacked)")
}

func plainText(text *bufio.Reader, name string) (io.Reader, error) {
	start, _ := text.Peek(textfile.Start) // an error occurs again when the rest is read
	if format, found := textfile.Detect(start); found {
		return nil, command.NewUsageError(fmt.Sprintf("%s: is %s, not JSON lines in UTF-8", name, format.Name), format.Hint)
	}
	return text, nil
}

// checkFirst returns a usage error if the first line of a file shows that its lines are
// no records. In a later line that is a mistake of the line.
func checkFirst(name string, line int, text []byte) error {
	text = bytes.TrimSpace(text)
	looks := func(like, hint string) error {
		return command.NewUsageError(fmt.Sprintf("%s:%d: looks like %s: want a JSON object on each line", name, line, like), hint)
	}
	switch {
	case len(text) == 1 && text[0] == '{':
		return looks("a JSON object over several lines", "jq -c .")
	case text[0] == '[':
		return looks("a JSON array", "jq -c '.[]'")
	case text[0] != '{' && bytes.ContainsAny(text, ",;\t"):
		return looks("CSV", "an export as JSON lines: providers is a list, which CSV has no place for")
	case text[0] == '<':
		return looks("XML or HTML", "an export as JSON lines")
	}
	return nil
}
