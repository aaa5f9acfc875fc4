package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// The zip of each module has what its packages are compiled from, generated and embedded
// files included, and a licence.
func TestModulesAreComplete(t *testing.T) {
	repo := newRepository(t, wholeTree)
	if status, _, stderr := prepareIn(t, repo, version); status != 0 {
		t.Fatal(stderr)
	}
	for _, m := range published {
		files := zipped(t, repo, m)
		want := append(compiledFiles(t, filepath.Join(repo.root, m.folder)), "LICENSE", "go.mod")
		if len(want) < 20 {
			t.Fatalf("%s: go list names only %q", m.path, want)
		}
		for _, name := range want {
			if !slices.Contains(files, name) {
				t.Errorf("%s: the zip lacks %s", m.path, name)
			}
		}
	}
}

// published are the modules that a release publishes.
var published = []struct{ path, folder, tag string }{
	{rootPath, "", version},
	{erasurePath, "erasure", "erasure/" + version},
}

// zipped returns the names of the files in a module's zip, relative to the module.
func zipped(t *testing.T, repo repository, m struct{ path, folder, tag string }) (names []string) {
	t.Helper()
	var text bytes.Buffer
	if err := repo.writeZip(&text, module.Version{Path: m.path, Version: version}, m.tag, m.folder); err != nil {
		t.Fatal(err)
	}
	reader, err := zip.NewReader(bytes.NewReader(text.Bytes()), int64(text.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range reader.File {
		names = append(names, strings.TrimPrefix(file.Name, m.path+"@"+version+"/"))
	}
	return names
}

// compiledFiles returns the files that the packages of a module are compiled from,
// relative to the module.
func compiledFiles(t *testing.T, folder string) (names []string) {
	t.Helper()
	list := json.NewDecoder(strings.NewReader(runGo(t, folder, nil, "list", "-json=Dir,GoFiles,EmbedFiles", "./...")))
	for {
		var pkg struct {
			Dir                 string
			GoFiles, EmbedFiles []string
		}
		if err := list.Decode(&pkg); err == io.EOF {
			return names
		} else if err != nil {
			t.Fatal(err)
		}
		real, err := filepath.EvalSymlinks(folder)
		if err != nil {
			t.Fatal(err)
		}
		inModule, err := filepath.Rel(real, pkg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(pkg.GoFiles, pkg.EmbedFiles...) {
			names = append(names, filepath.ToSlash(filepath.Join(inModule, name)))
		}
	}
}
