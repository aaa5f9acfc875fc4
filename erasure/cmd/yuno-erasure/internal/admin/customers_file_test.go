package admin_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

const customerLine = `{"id": "c1", "email": "ada@example.com", "providers": [{"provider": "stripe", "customer": "cus_1"}]}` + "\n"

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func customersFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImportReadsGzip(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	second := strings.ReplaceAll(customerLine, "c1", "c2")
	file := customersFile(t, gzipped(t, "\ufeff"+customerLine)+gzipped(t, second)) // two members, as cat makes them
	if out := s.OK("customers", "import", "--account", creds.AccountCode, file); !strings.Contains(out, "2 customers imported, 0 bad lines") {
		t.Errorf("got %s", out)
	}
	whole := gzipped(t, strings.Repeat(customerLine, 10))
	blank := strings.Repeat(" ", 64<<10-1) + "\n"
	for name, c := range map[string]struct{ content, want string }{
		"CutShort":  {whole[:len(whole)-10], "the gzip data ends early"},
		"Damaged":   {whole[:len(whole)-8] + "damaged!", "the gzip data is damaged"},
		"NoHeader":  {"\x1f\x8bxxxxxxxxxx", "the gzip data is damaged"},
		"Bomb":      {gzipped(t, strings.Repeat(blank, 65<<4)), "expands more than 500 times"},
		"Twice":     {gzipped(t, whole), "(unpacked): is gzip data, not JSON lines in UTF-8"},
		"OfUTF16":   {gzipped(t, utf16Of(customerLine)), "(unpacked): is UTF-16 text without a byte order mark"},
		"OneRecord": {gzipped(t, "[]"), "looks like a JSON array"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := s.Run("customers", "import", "--account", creds.AccountCode, customersFile(t, c.content))
			if code == command.ExitOK || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d\n%s", code, stderr)
			}
		})
	}
}

func utf16Of(text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// A file in another format is named for what it is, once, and nothing of it is imported.
func TestImportNamesOtherFormats(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	if _, err := w.Create("[Content_Types].xml"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		utf16Of("\ufeff" + customerLine): "is UTF-16 text, not JSON lines in UTF-8\nTry: iconv",
		utf16Of(customerLine):            "is UTF-16 text without a byte order mark, not JSON lines in UTF-8\nTry: iconv",
		archive.String():                 "is an Excel workbook (xlsx) or another Office document, not",
		"id,email\nc1,ada@example.com\n": ":1: looks like CSV: want a JSON object on each line\nTry: ",
		"\n\n[\n" + customerLine + "]":   ":3: looks like a JSON array: want",
		"{\n\"id\": \"c1\"\n}\n":         ":1: looks like a JSON object over several lines: want",
	} {
		code, stdout, stderr := s.Run("customers", "import", "--account", creds.AccountCode, customersFile(t, content))
		if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(stderr, "ada@") {
			t.Errorf("%.20q: exit %d, %s%s", content, code, stdout, stderr)
		}
	}
}

// A record with a connection that nobody configured would wait for a person.
func TestImportChecksConnectionNames(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	file := customersFile(t, customerLine+strings.NewReplacer("c1", "c2", "stripe", "strpe").Replace(customerLine))
	providers := filepath.Join(t.TempDir(), "providers.yaml")
	if err := os.WriteFile(providers, []byte("connections:\n- {name: stripe, use: stripe, parameters: {api_key: {env: NOT_SET}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := s.Run("customers", "import", "--account", creds.AccountCode, "--batch", "1", "--providers", providers, file)
	if code != command.ExitFailure || !strings.Contains(stdout, "1 customer imported, 1 bad line") ||
		!strings.Contains(stderr, "line 2: providers[0].provider is not a connection of the --providers file\n") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	if out := s.OK("customers", "import", "--account", creds.AccountCode, file); !strings.Contains(out, "2 customers imported") {
		t.Errorf("without the file: %s", out)
	}
}

// A record that could mean two things is not imported, whichever of them is right.
func TestImportRejectsRecordsWithTwoMeanings(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	file := customersFile(t, strings.Join([]string{
		`{"id": "c1", "id": "c2"}`,
		`{"id": "c3", "providers": [{"provider": "stripe", "customer": "cus_ada"}], "providers": []}`,
		`{"id": "c4", "providers": [{"provider": "stripe", "customer": "cus_` + "\xe9" + `"}]}`,
		`{"id": "c5", "Providers": [{"provider": "stripe", "customer": "cus_ada"}]}`,
	}, "\n"))
	code, stdout, stderr := s.Run("customers", "import", "--account", creds.AccountCode, file)
	for _, want := range []string{
		"line 1: id is duplicated", "line 2: providers is duplicated",
		"line 3: providers[0].customer is not valid UTF-8", "line 4: a field is named almost like providers",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing:\n%s", want, stderr)
		}
	}
	if code != command.ExitFailure || !strings.Contains(stdout, "0 customers imported, 4 bad lines") || strings.Contains(stderr, "ada") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
}
