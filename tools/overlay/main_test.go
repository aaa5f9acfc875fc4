package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const openapiDir = "../../openapi/"

// specs are the vendored specifications.
func specs(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(openapiDir + "customers/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no specifications: %v", err)
	}
	return paths
}

func TestOverlaysApplyStrictlyAndStayValid(t *testing.T) {
	t.Parallel()
	for out, overlays := range map[string][]string{
		"customers.json":        {openapiDir + "overlay.yaml"},
		"customers.strict.json": {openapiDir + "overlay.yaml", openapiDir + "overlay-strict.yaml"},
	} {
		t.Run(out, func(t *testing.T) {
			t.Parallel()
			doc, err := build(overlays, specs(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := doc.Validate(t.Context()); err != nil {
				t.Error(err)
			}

			path := filepath.Join(t.TempDir(), out)
			if err := run(path, overlays, specs(t)); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(openapiDir + "overlaid/" + out)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("openapi/overlaid/%s is stale: run make generate", out)
			}
		})
	}
}

func TestOverlayWithoutTarget(t *testing.T) {
	t.Parallel()
	overlay := filepath.Join(t.TempDir(), "overlay.yaml")
	content := "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n  - target: $.paths.*.trace\n    update: {summary: s}\n"
	if err := os.WriteFile(overlay, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.json")
	err := run(out, []string{overlay}, specs(t))
	if err == nil || !strings.Contains(err.Error(), "did not match any targets") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the output was written")
	}
}

// A client that is generated from a guess fails on valid responses.
func TestGenerationOverlayNeverRestricts(t *testing.T) {
	t.Parallel()
	doc, err := build([]string{openapiDir + "overlay.yaml"}, specs(t))
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Error"].Value
	if len(schema.Required) > 0 || schema.AdditionalProperties.Has != nil {
		t.Error("the Error schema is restricted")
	}
	for name, property := range schema.Properties {
		if p := property.Value; p.MinLength != 0 || p.MinItems != 0 || p.Format != "" {
			t.Errorf("%s is restricted", name)
		}
	}
	// As Yuno publishes it, without a format or lengths.
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			account := operation.Parameters.GetByInAndName("header", "x-account-code")
			if account == nil {
				continue
			}
			if s := account.Schema.Value; s.MinLength != 0 || s.MaxLength != nil || s.Format != "" {
				t.Errorf("x-account-code of %s is restricted", operation.OperationID)
			}
		}
	}
}

func TestRunCreatesTheFolder(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "a", "b", "out.json")
	if err := run(out, []string{openapiDir + "overlay.yaml"}, specs(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}

func TestRunWithoutArguments(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out.json")
	for _, c := range []struct {
		out   string
		specs []string
	}{{"", specs(t)}, {out, nil}} {
		if err := run(c.out, nil, c.specs); err == nil || !strings.Contains(err.Error(), "usage: overlay -o OUT") {
			t.Errorf("%q %q: got %v", c.out, c.specs, err)
		}
	}
}

func TestRemoteReferencesAreNotFetched(t *testing.T) {
	t.Parallel()
	requested := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case requested <- struct{}{}:
		default:
		}
		_, _ = w.Write([]byte(`{"type": "string"}`))
	}))
	t.Cleanup(server.Close)
	spec, err := os.ReadFile(openapiDir + "customers/delete-customer.json")
	if err != nil {
		t.Fatal(err)
	}
	remote := strings.Replace(string(spec), `"schema": {`, `"schema": {"$ref": "`+server.URL+`/a.json"}, "x-was": {`, 1)
	path := filepath.Join(t.TempDir(), "spec.json")
	if err := os.WriteFile(path, []byte(remote), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := build([]string{openapiDir + "overlay.yaml"}, []string{path}); err == nil {
		t.Error("got no error")
	}
	select {
	case <-requested:
		t.Error("the reference was fetched")
	default:
	}
}
