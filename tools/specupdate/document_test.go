package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestReadDocument(t *testing.T) {
	t.Parallel()
	yaml, page := "openapi: 3.1.0\n", "# T\n```\nopenapi: 3.1.0\n```\n"
	cases := []struct{ name, file, content, title string }{
		{"JSON", "a.json", `{"openapi": "3.1.0"}`, ""},
		{"YAML", "a.yaml", yaml, ""},
		{"ShortYAML", "a.yml", yaml, ""},
		{"UpperCase", "a.YAML", yaml, ""},
		{"Markdown", "a.md", page, "T"},
		{"LongMarkdown", "a.markdown", page, "T"},
		{"MDX", "a.mdx", page, "T"},
		{"ByteOrderMarkInJSON", "a.json", "\ufeff" + `{"openapi": "3.1.0"}`, ""},
		{"ByteOrderMarkInYAML", "a.yaml", "\ufeff" + yaml, ""},
		{"ByteOrderMarkInMarkdown", "a.md", "\ufeff" + page, "T"},
		{"LineEndsOfWindows", "a.yaml", "openapi: 3.1.0\r\ninfo: {}\r\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := readDocument(writeTemp(t, c.file, c.content))
			if err != nil {
				t.Fatal(err)
			}
			if text(doc.root, "openapi") != "3.1.0" || doc.pageTitle != c.title {
				t.Errorf("got %s with title %q", compactJSON(doc.root), doc.pageTitle)
			}
		})
	}
}

// Opening a pipe without a writer would block.
func TestReadDocumentRefusesPipes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no named pipes in the file system")
	}
	pipe := filepath.Join(t.TempDir(), "spec.yaml")
	if err := exec.CommandContext(t.Context(), "mkfifo", pipe).Run(); err != nil {
		t.Skipf("mkfifo: %v", err)
	}
	if _, err := readDocument(pipe); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestReadDocumentBoundsItsInput(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file, content, want string }{
		{"Bytes", "a.yaml", strings.Repeat("# filler\n", maxFileSize/9+1), "larger than 4 MiB"},
		{"ValuesOfJSON", "a.json", "[" + strings.Repeat("0,", maxNodes) + "0]", "line 1: the document has more than 262144 values"},
		{"ValuesOfYAML", "a.yaml", "a:\n" + strings.Repeat("- 0\n", maxNodes), "the document has more than 262144 values"},
		{"DepthOfJSON", "a.json", strings.Repeat("[", maxDepth+2), "nested deeper than 200 levels"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := readDocument(writeTemp(t, c.file, c.content)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("DepthThatIsTaken", func(t *testing.T) {
		t.Parallel()
		deepest := strings.Repeat(`{"a":`, maxDepth) + "1" + strings.Repeat("}", maxDepth)
		if _, err := parseJSON([]byte(deepest)); err != nil {
			t.Error(err)
		}
	})
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"SeveralFaults", "yaml: unmarshal errors:\n  line 2: a\n  line 3: b", "yaml: unmarshal errors: line 2: a line 3: b"},
		{"SchemaIsLeftOut", "value must be a string\nSchema:\n  {}\n\nValue:\n  1\n", "value must be a string"},
		{"Long", strings.Repeat("é", 200), strings.Repeat("é", 150) + "…"},
		{"CutInsideALetter", "a" + strings.Repeat("é", 200), "a" + strings.Repeat("é", 149) + "…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := oneLine(errors.New(c.in)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for version, ok := range map[string]bool{"3.0.0": true, "3.0.3": true, "3.1.0": true, "3.1.12": true, "3.1": false, "3.2.0": false, "2.0": false, "3.1.x": false, "13.1.0": false} {
		root := mapping(1)
		add(root, "openapi", 1, scalar(version))
		if err := checkVersion(root); (err == nil) != ok {
			t.Errorf("%s: %v", version, err)
		} else if err != nil && !strings.Contains(err.Error(), `as in "3.1.0", got openapi: "`+version) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// A device file is endless or empty.
func TestReadFileRefusesDevices(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip(err)
	}
	if _, err := readFile(os.DevNull); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("got %v", err)
	}
}
