package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mustWrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckRoot(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"go.mod", recordPath} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			root := checkout(t)
			if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
				t.Fatal(err)
			}
			if err := checkRoot(root); err == nil || !strings.Contains(err.Error(), path+" is missing in ") || !strings.Contains(err.Error(), "--root") {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("FolderAmongGeneratedFiles", func(t *testing.T) {
		t.Parallel()
		root := checkout(t)
		mustWrite(t, filepath.Join(root, "api/more/a.go"), "package more\n")
		if err := checkRoot(root); err == nil || !strings.Contains(err.Error(), "api/more is a folder: api may contain generated files only") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("NoOverlaidDocumentsYet", func(t *testing.T) {
		t.Parallel()
		root := checkout(t)
		if err := os.RemoveAll(filepath.Join(root, "openapi/overlaid")); err != nil {
			t.Fatal(err)
		}
		if err := checkRoot(root); err != nil {
			t.Error(err)
		}
	})
}

// A failure in the stage is reported in one line, and nothing is left of it.
func TestStageFails(t *testing.T) {
	cases := []struct{ name, path, content, want string }{
		{"Generator", "openapi/codegen/types.yaml", "package: api\nnonsense: true\n", "go generate fails with the new specification: "},
		{"Compiler", "openapi/openapi.go", "package openapi\n\nvar x int = \"\"\n", "go build fails with the new specification: openapi/openapi.go:3:"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { // not parallel: it sets TMPDIR
			root := checkout(t)
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			mustWrite(t, filepath.Join(root, c.path), c.content)
			s, err := newStage(root, vendoredPath, []byte(read(t, root, vendoredPath)))
			if err != nil {
				t.Fatal(err)
			}
			err = s.generate(t.Context())
			s.close()
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q in one line", err, c.want)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

func TestFirstError(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"go: downloading a v1\n\n# pkg\nx.go:1: wrong\nmore\n": "x.go:1: wrong",
		"": "exit status 1",
	} {
		if got := firstError(output, errors.New("exit status 1")); got != want {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}

func TestReplaceFiles(t *testing.T) {
	t.Parallel()

	t.Run("WhatIsNoLongerMadeIsRemoved", func(t *testing.T) {
		t.Parallel()
		root, stage := checkout(t), checkout(t)
		mustWrite(t, filepath.Join(root, "api/old.gen.go"), "package api\n")
		mustWrite(t, filepath.Join(stage, "api/new.gen.go"), "package api\n")
		if err := replaceFiles(root, stage, vendoredPath); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(root, "api/old.gen.go")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("old file: %v", err)
		}
		if info, err := os.Stat(filepath.Join(root, "api/new.gen.go")); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("new file: %v %v", info, err)
		}
	})

	t.Run("EverythingIsPutBack", func(t *testing.T) {
		t.Parallel()
		root, stage := checkout(t), checkout(t)
		mustWrite(t, filepath.Join(stage, vendoredPath), "new")
		mustWrite(t, filepath.Join(root, "api/a_old.gen.go"), "package api\n")  // to be removed
		mustWrite(t, filepath.Join(stage, "api/a_new.gen.go"), "package api\n") // to be added
		mustWrite(t, filepath.Join(root, "openapi/overlaid/z.json/full/x"), "") // cannot be replaced
		mustWrite(t, filepath.Join(stage, "openapi/overlaid/z.json"), "{}")
		before := snapshot(t, root)
		err := replaceFiles(root, stage, vendoredPath)
		if err == nil || errors.Is(err, errNotPutBack) {
			t.Fatalf("got %v", err)
		}
		if got := changed(before, snapshot(t, root)); len(got) > 0 {
			t.Errorf("not put back: %q", got)
		}
	})
}
