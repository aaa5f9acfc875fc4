package openapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"slices"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/openapi"
)

// source is one entry of SOURCE.json.
type source struct {
	File, Origin                    string
	Page                            string
	Facts                           []string
	Title, Version, OpenAPI, SHA256 string
	Retrieved                       string
}

func sources(t *testing.T) []source {
	t.Helper()
	var record struct{ Specifications []source }
	if err := json.Unmarshal(openapi.Source(), &record); err != nil {
		t.Fatal(err)
	}
	return record.Specifications
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(openapi.Specifications(), name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSourceListsEverySpecification(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(openapi.Specifications(), "*")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, s := range sources(t) {
		listed = append(listed, path.Base(s.File))
	}
	if slices.Sort(listed); !slices.Equal(listed, files) {
		t.Errorf("SOURCE.json lists %q, the folder has %q", listed, files)
	}
}

func TestSourceDescribesTheSpecifications(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		t.Run(path.Base(s.File), func(t *testing.T) {
			t.Parallel()
			text := read(t, path.Base(s.File))
			var doc struct {
				OpenAPI string
				Info    struct{ Title, Version string }
			}
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(text)
			for _, c := range []struct{ name, got, want string }{
				{"sha256", s.SHA256, hex.EncodeToString(sum[:])},
				{"title", s.Title, doc.Info.Title},
				{"version", s.Version, doc.Info.Version},
				{"openapi", s.OpenAPI, doc.OpenAPI},
			} {
				if c.got != c.want {
					t.Errorf("%s is %q, want %q as in the specification", c.name, c.got, c.want)
				}
			}
			if _, err := time.Parse(time.DateOnly, s.Retrieved); err != nil {
				t.Errorf("retrieved: %v", err)
			}
			switch s.Origin {
			case "Yuno":
				if s.Page == "" {
					t.Error("no page")
				}
			case "this project":
				if len(s.Facts) == 0 {
					t.Error("no pages as the source of its facts")
				}
			default:
				t.Errorf("origin is %q", s.Origin)
			}
		})
	}
}

func TestSpecificationsAreFormatted(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		text := read(t, path.Base(s.File))
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(pretty.Bytes(), text) {
			t.Errorf("%s is not JSON indented by two spaces", s.File)
		}
		if !bytes.HasSuffix(text, []byte("}\n")) {
			t.Errorf("%s does not end in a newline", s.File)
		}
	}
}

// Every file is embedded unchanged, and a caller's change to a returned slice does
// not affect the next caller.
func TestEmbeddedFiles(t *testing.T) {
	t.Parallel()
	for path, get := range map[string]func() []byte{
		"SOURCE.json":                    openapi.Source,
		"overlay.yaml":                   openapi.Overlay,
		"overlay-strict.yaml":            openapi.StrictOverlay,
		"overlaid/customers.json":        openapi.Overlaid,
		"overlaid/customers.strict.json": openapi.Strict,
	} {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		clear(get())
		if !bytes.Equal(get(), want) {
			t.Errorf("%s differs from the embedded copy", path)
		}
	}
}

// Validators that only know the document check the headers as well.
func TestStrictDeclaresHeaders(t *testing.T) {
	t.Parallel()
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Headers map[string]struct{ Required bool }
			}
		}
	}
	if err := json.Unmarshal(openapi.Strict(), &document); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for path, operations := range document.Paths {
		for method, operation := range operations {
			for status, header := range map[string]string{"405": "Allow", "429": "Retry-After", "503": "Retry-After"} {
				checked++
				if !operation.Responses[status].Headers[header].Required {
					t.Errorf("%s %s: %s does not require %s", method, path, status, header)
				}
			}
		}
	}
	if checked == 0 {
		t.Error("the document has no operations")
	}
}
