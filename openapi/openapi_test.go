package openapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/openapi"
)

func TestSourceDescribesTheVendoredFile(t *testing.T) {
	t.Parallel()
	var source struct {
		Page, Title, Version, OpenAPI, SHA256, Retrieved string
	}
	if err := json.Unmarshal(openapi.Source(), &source); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
	}
	if err := json.Unmarshal(openapi.Specification(), &doc); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(openapi.Specification())
	for _, c := range []struct{ name, got, want string }{
		{"sha256", source.SHA256, hex.EncodeToString(sum[:])},
		{"title", source.Title, doc.Info.Title},
		{"version", source.Version, doc.Info.Version},
		{"openapi", source.OpenAPI, doc.OpenAPI},
	} {
		if c.got != c.want {
			t.Errorf("%s in SOURCE.json is %q, want %q as in the vendored file", c.name, c.got, c.want)
		}
	}
	if _, err := time.Parse(time.DateOnly, source.Retrieved); err != nil {
		t.Errorf("SOURCE.json retrieved: %v", err)
	}
	if source.Page == "" {
		t.Error("SOURCE.json has no page")
	}
}

func TestSpecificationIsFormatted(t *testing.T) {
	t.Parallel()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, openapi.Specification(), "", "  "); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pretty.Bytes(), openapi.Specification()) {
		t.Error("the vendored file is not JSON indented by two spaces")
	}
	if !bytes.HasSuffix(openapi.Specification(), []byte("}\n")) {
		t.Error("the vendored file does not end in a newline")
	}
}

// Every file is embedded unchanged, and a caller's change to a returned slice does
// not affect the next caller.
func TestEmbeddedFiles(t *testing.T) {
	t.Parallel()
	for path, get := range map[string]func() []byte{
		"customers/delete-customer.json":       openapi.Specification,
		"SOURCE.json":                          openapi.Source,
		"overlay.yaml":                         openapi.Overlay,
		"overlay-strict.yaml":                  openapi.StrictOverlay,
		"overlaid/delete-customer.json":        openapi.Overlaid,
		"overlaid/delete-customer.strict.json": openapi.Strict,
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
